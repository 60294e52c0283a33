"""Openers: what begins an answer and says nothing, as data for the prescreen.

From "One Token to Fool LLM-as-a-Judge" (arXiv:2507.08794), their like, and the same in other
languages. Compared without case, white space and punctuation, so none of that is written here.
"""

from __future__ import annotations

OPENERS = frozenset(
    """
    thought process | thoughts | thinking process | my thought process | reasoning
    reasoning process | chain of thought | analysis | explanation | approach | working | steps
    solution | the solution | solution process | solution steps | detailed solution | proof
    step by step solution | here is the solution | heres the solution | here is my solution
    answer | the answer | the answer is | final answer | the final answer | the final answer is
    my answer | my answer is | here is the answer | heres the answer | here is my answer
    here is my reasoning | here is a step by step solution | heres a step by step solution
    lets solve this | lets solve this problem | lets solve the problem | lets solve it
    let us solve this problem | lets solve this step by step | let us solve this step by step
    lets solve this problem step by step | lets solve the problem step by step
    let us solve this problem step by step | let us solve the problem step by step
    lets solve this problem together | lets begin | lets start | let us begin | let us start
    lets get started | lets dive in | lets think | lets think about this | let me think
    let me think about this | lets think step by step | let us think step by step
    lets think about this step by step | let me think step by step | think step by step
    let me think about this step by step | lets work through this | lets work this out
    lets work through this step by step | lets work through this problem step by step
    lets work this out step by step | let me work through this | let me solve this
    let me work through this step by step | let me solve this step by step
    let me solve this problem | let me solve this problem step by step | lets break this down
    lets break it down | let me break this down | lets break this down step by step
    lets break down the problem | lets analyze this | lets analyze the problem
    lets analyze the problem step by step | lets approach this step by step
    lets approach this problem step by step | lets go step by step | lets go through this
    lets take this step by step | lets do this step by step | lets find out | lets see
    to solve this problem | to solve the problem | to solve this | to answer this question
    to solve this problem we need to | to solve this problem lets think step by step
    i will solve this step by step | i will solve this problem step by step
    ill solve this step by step | ill solve this problem step by step
    i will think step by step | ill think step by step | i need to think about this
    we need to solve this problem | we need to find the answer | we need to find the solution
    step by step | step 1 | step one | response | my response | here is my response | output
    解 | 解答 | 解析 | 解法 | 解题过程 | 解題過程 | 解决方案 | 解題 | 解题 | 答 | 答案
    最终答案 | 思路 | 思考过程 | 思考過程 | 分析 | 步骤 | 解题思路 | 让我们一步一步地思考
    让我们一步一步思考 | 让我们逐步思考 | 让我们一步一步来解决这个问题 | 让我们来解决这个问题
    让我们一步步思考 | 我们一步一步来 | 首先
    かいせつ | 解説 | 解き方 | 回答 | 答え | こたえ | 思考プロセス | 考え方 | 解決策
    ステップバイステップで考えましょう | 一歩ずつ考えましょう | では解いてみましょう
    풀이 | 해설 | 해답 | 답 | 정답 | 사고 과정 | 풀이 과정 | 단계별로 생각해 봅시다
    respuesta | la respuesta | la respuesta es | solución | la solución | proceso de pensamiento
    respuesta final | razonamiento | pensemos paso a paso | vamos a pensar paso a paso
    vamos a resolver este problema | resolvamos este problema paso a paso | paso a paso
    réponse | la réponse | la réponse est | réponse finale | processus de réflexion | raisonnement
    résolvons ce problème étape par étape | résolvons ce problème | réfléchissons étape par étape
    étape par étape
    lösung | die lösung | antwort | die antwort | die antwort ist | gedankengang | denkprozess
    lösungsweg | überlegung | lass uns schritt für schritt denken | schritt für schritt
    lösen wir dieses problem schritt für schritt | lassen sie uns schritt für schritt vorgehen
    soluzione | risposta | la risposta è | ragionamento
    risolviamo questo problema passo dopo passo
    pensiamo passo dopo passo | passo dopo passo | processo di pensiero
    resposta | a resposta é | solução | processo de pensamento | raciocínio
    vamos pensar passo a passo | vamos resolver este problema passo a passo | passo a passo
    oplossing | antwoord | het antwoord is | laten we stap voor stap denken
    решение | ответ | ход мыслей | рассуждение | давайте решим эту задачу шаг за шагом
    давайте подумаем шаг за шагом | давайте решим эту задачу | шаг за шагом
    çözüm | cevap | rozwiązanie | odpowiedź | řešení | odpověď
    الحل | الجواب | الإجابة | لنفكر خطوة بخطوة | لنحل هذه المسألة خطوة بخطوة
    समाधान | उत्तर | हल | आइए चरण दर चरण सोचें
    lời giải | giải | đáp án | hãy suy nghĩ từng bước | jawaban | solusi
    mari kita pikirkan langkah demi langkah
    """.replace("\n", "|").split("|")
)
"""Each of them, or several one after the other, is no answer."""

FILLERS = frozenset(
    """
    sure | okay | ok | certainly | of course | absolutely | alright | great | great question | so
    well | now | first | hmm | here | yes | right | and | then | please | 好的 | 当然
    """.replace("\n", "|").split("|")
)
"""Say nothing before an opener, and may be an answer anywhere else."""
