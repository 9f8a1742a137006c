"""What words of a step tell, each list in one place. English."""

from __future__ import annotations

import re


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")", re.IGNORECASE)


ASSUMES = _words(
    r"assum(?:e|ed|es|ing|ption)",
    r"presum(?:e|ably|ing)",
    r"suppose\b",
    r"hypothetical",
    r"for (?:the sake|demonstration)",
    r"let's say\b",
    r"typical(?:ly)?\b",
    r"estimated?\b",
    r"approximat",
)
MADE_UP = _words(
    r"placeholder",
    r"simulat",
    r"mock\b",
    r"dummy",
    r"(?:example|sample) (?:data|code|usage|values?|path)",
    r"fictional",
    r"for illustration",
    r"illustrative",
    r"replace (?:this|with|the)",
    r"your[_ ](?:api|key|actual|file|path)\w*",
    r"path/to",
    r"example\.com",
    r"XXXX",
    r"insert .{1,20} here",
)
FROM_MEMORY = _words(
    r"as of my",
    r"my knowledge",
    r"general knowledge",
    r"(?:i|we) (?:recall|remember|know)\b",
    r"based on (?:my|the available|available|"
    r"historical|known|general|existing|previous)",
    r"known (?:information|data|facts)",
    r"well[- ]known",
    r"commonly",
    r"historical(?:ly)?\b",
    r"according to (?:my|historical|known)",
)
CLAIMS_DEED = _words(
    r"upon (?:review|check|verif|inspect|search|examin|investigat|manual|watch|access)\w*",
    r"after (?:review|check|verif|inspect|search|"
    r"examin|manual|watch|access|analy)\w*",
    r"i (?:have |'ve )?(?:review|check|verif|inspect|search|examin|found|watch|access|visit|"
    r"consult|look|confirm|identif|manually)\w*",
    r"here (?:are|is) the (?:find|result|detail|information|extract)\w*",
    r"findings\b",
    r"(?:review|verification|check|search) (?:confirm|show|reveal|indicat)\w*",
)
BY_HAND = _words(
    r"manual(?:ly)?\b",
    r"visit the\b",
    r"navigate to",
    r"go to\b",
    r"open the\b",
    r"watch the\b",
    r"please (?:provide|share|confirm|"
    r"proceed|review|check|run|execute|let)",
    r"you can\b",
)
CANNOT = _words(
    r"cannot\b",
    r"can't\b",
    r"unable to",
    r"not (?:possible|feasible|available|accessible)",
    r"(?:do not|don't) have (?:access|the)",
    r"no access",
    r"limitation",
    r"beyond my",
)
HEDGES = _words(
    r"may\b",
    r"might\b",
    r"perhaps",
    r"possibl[ey]",
    r"probably",
    r"likely\b",
    r"seems?\b",
    r"appears?\b",
    r"could be",
    r"unclear",
    r"ambigu",
    r"should (?:be|have)",
    r"uncertain",
)
DOUBTS = _words(
    r"incorrect",
    r"wrong\b",
    r"mistake",
    r"error\b",
    r"errors\b",
    r"inconsisten",
    r"discrepan",
    r"does(?:n't| not) (?:match|make|seem)",
    r"unexpected",
    r"misunder",
    r"misinter",
    r"did(?:n't| not) (?:return|yield|find|work|provide|produce|retriev)\w*",
    r"failed\b",
    r"fail(?:s|ure)?\b",
    r"issue",
    r"problem(?:atic)?\b",
    r"re-?(?:evaluat|examin|consider|calculat|visit|check)",
    r"apolog",
    r"however,",
    r"couldn't",
    r"could not",
    r"unfortunately",
    r"still\b",
    r"empty\b",
    r"not found",
    r"missing",
)
AGREES = _words(
    r"agree",
    r"confirmed",
    r"verified",
    r"is correct",
    r"are correct",
    r"correctly",
    r"accurate(?:ly)?\b",
    r"consistent\b",
    r"successfully",
    r"matches",
    r"validated?\b",
    r"satisf",
    r"no (?:discrepanc|issue|error|mistake)\w*",
)
CONCLUDES = _words(
    r"therefore",
    r"thus\b",
    r"hence\b",
    r"in conclusion",
    r"conclu",
    r"the (?:final )?answer is",
    r"final (?:answer|result|solution|"
    r"output)",
    r"summary",
    r"in summary",
    r"terminate",
)
PLANS = _words(
    r"let's\b",
    r"let us\b",
    r"first,",
    r"step \d",
    r"next,",
    r"i will\b",
    r"we will\b",
    r"we need to",
    r"plan\b",
    r"to (?:begin|start)",
    r"proceed",
    r"going to",
)
FETCHES = _words(
    r"requests\.get",
    r"scrap",
    r"web_?search",
    r"perform_web",
    r"BeautifulSoup",
    r"download",
    r"pd\.read",
    r"open\(",
    r"urlopen",
    r"arxiv_search",
    r"read_excel",
    r"read_csv",
    r"api\b",
)
FINISHES = _words(
    r"terminate",
    r"finish_current_task",
    r"\"end\"",
    r"task (?:is |has been )?(?:completed?|finished|done)",
    r"###stop",
)
WRITES = _words(
    r"editor\.\w+",
    r"write_\w+",
    r"create_file",
    r"insert_\w+",
    r"save\b",
    r"saved\b",
    r"to_csv",
    r"append_file",
    r"edit_\w+",
)
REPAIRS = _words(
    r"updat(?:e|ed|ing)\b",
    r"modif(?:y|ied)",
    r"refin(?:e|ed|ing)",
    r"correct(?:ed|ing)\b",
    r"fix(?:ed|ing)?\b",
    r"revis",
    r"adjust",
    r"try (?:again|another|a different)",
    r"alternative",
    r"instead\b",
    r"another (?:approach|method|way)",
    r"different approach",
    r"debug",
)
CHECKERS = re.compile(r"verif|valid|check|review|critic|judge|test|quality|audit", re.IGNORECASE)
LEADERS = re.compile(
    r"lead|manager|orchestrat|planner|coordinat|supervisor|director|chief|boss", re.IGNORECASE
)
CODE = re.compile(r"```(?!\s*(?:json|text|markdown|md|yaml)\b)[\w+-]*[ \t]*\n(.+?)(?:```|\Z)", re.DOTALL)
DEFINES = re.compile(r"\bdef \w+\(|\bclass \w+|\bfunction \w+\(|\bpublic \w+ \w+\(|=> \{")
QUESTION = re.compile(r"\?(?:\s|\"|$)")
URL = re.compile(r"https?://[^\s)\"'>\]]+")
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?%?")
NAME = re.compile(r"(?<![.!?:\n#*\-\"] )(?<!^)\b[A-Z][a-zA-Z'’\-]{2,}(?:\s+[A-Z][a-zA-Z'’\-]+)*")
WORD = re.compile(r"[a-z][a-z0-9_']{2,}")
ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.MULTILINE)
INSTRUCTS = re.compile(
    r"your output|you are given|past experience|# instruction|output format|you must|"
    r"constraints and conditions|available commands|## role|respond (?:in|with)",
    re.IGNORECASE,
)
