"""The web faces: the reward server. They parse requests and call the use cases."""
