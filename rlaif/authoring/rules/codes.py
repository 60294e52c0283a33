"""Every warning that lint knows: its code, and in one line what it is about."""

from __future__ import annotations

CODES: dict[str, str] = {
    "compound-question": "one question asks two things at once",
    "vague-word": "a word that everybody reads differently, and nothing says what it means here",
    "negated-question": "a yes means that something is absent",
    "near-duplicate": "two criteria ask the same, so it counts twice",
    "no-example": "no example tests a criterion, or the rubric as a whole",
    "all-negative": "every criterion is a fault, so doing nothing scores 1",
    "gate-without-reason": "a gate, and nothing says to people why it is one",
    "irrelevant-weight": "a weight that moves the score by less than 1%",
    "unordered-levels": "levels that do not run from worst to best",
    "same-version": "the content changed since the last commit, the version did not",
    "draft": "a model proposed the criterion, and no person has taken it on",
    "few-cases": "a check on code with so few cases that a policy can learn them by heart",
    "python-as-text": "an expected value that reads as Python, and is something else to YAML",
    "forgeable": "a check on code whose tests share a process with the code that they test",
    "cut-by-comment": "text that a judge reads ends at ' #'",
    "invisible-character": "a character that nobody can see",
    "bidirectional-character": "a character that turns round the direction of the text around it",
    "key-in-the-clear": "a judge's key that is sent to another machine without encryption",
    "text-only": "a judge whose prompts are text, in which completions can hold control tokens",
    "no-label-mass": "a judge that need not answer to give a verdict",
    "one-draw": "a judge whose verdict is drawn once, so that another seed gives another",
    "no-effect": "a key of a judge file that does nothing there, or is said twice",
    "even-jury": "a majority of an even number of judges, who can split evenly",
    "same-model": "a jury on which one model sits twice",
    "not-calibrated": "a calibration of a judge that is not read by it",
    "never-unsure": "a judge of a cascade that is never unsure, so that the next is not asked",
    "unknown-code": "'lint_off' names a warning that there is not",
    "needless-lint-off": "'lint_off' names a warning that is not given there",
}
"""In the order in which the documentation tells them."""
