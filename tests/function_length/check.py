#!/usr/bin/python3 -B
"""No function in include/ and simulator/ is longer than 70 lines, from the line of its brace to the closing one.

Usage: check.py [--root FOLDER] | --self-test

Works on clang-formatted code: at namespace or class scope, a brace that is no type, namespace or initialiser
opens a function (or a lambda, or the requirements of a concept: these have to fit a screen, too).
"""
import argparse
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from report import report  # noqa: E402

LINES_MAX = 70

# Whatever may hold a brace without being code; every other character stays where it is.
NOT_CODE = re.compile(r'''
      //[^\n]* | /\*.*?\*/                                  # comments
    | R"(?P<d>[^()\s\\]{0,16})\(.*?\)(?P=d)"                # raw strings
    | "(?:\\.|[^"\\\n])*"                                   # strings
    | (?<![0-9a-zA-Z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'     # characters, not the ' in 1'000
    | ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*                        # preprocessor
''', re.VERBOSE | re.DOTALL | re.MULTILINE)

SCOPE = re.compile(r'^(?:(?:inline|export|typedef|static|constexpr|friend)\s+)*'
                   r'(?:namespace|class|struct|union|enum|extern)\b(?!.*\)\s*(?:const|noexcept|override)?$)', re.DOTALL)


def blank(found):
    return "\n" * found[0].count("\n")


def without_prefixes(head):
    """Head of a block without template parameters, attributes, access specifiers and macros before it."""
    head = re.sub(r'\[\[.*?\]\]', '', head, flags=re.DOTALL)
    while (shorter := re.sub(r'<[^<>]*>', '', head)) != head:
        head = shorter
    head = re.sub(r'^\s*(?:public|protected|private)\s*:', '', head)
    head = re.sub(r'^\s*(?:[A-Z][A-Z_0-9]+(?:\([^()]*\))?\s+)+', '', head)
    head = re.sub(r'^\s*template\s*', '', head)
    return re.sub(r'^\s*requires\b[^;{}]*?(?=\b(?:class|struct|union)\b)', '', head).strip()


def kind_of(head):
    """What the brace after `head` opens: 'scope', 'function' or 'value'."""
    bare = head.rstrip()
    if not bare or bare[-1] in "=,([{" or bare.endswith("return"):
        return "value"  # {1, 2}, = {...}
    if bare == head and bare[-1] != ")":
        return "value"  # name{...}
    return "scope" if SCOPE.match(without_prefixes(head)) else "function"


def functions(text):
    """(first line, lines, start of its text) of every function; ValueError when the braces do not match."""
    code = NOT_CODE.sub(blank, text)
    blocks = []  # (kind, line, head) of every open brace
    head = ""  # at namespace or class scope: what stands before the next brace
    line = 1
    for sign in code:
        line += sign == "\n"
        in_scope = all(kind == "scope" for kind, *_ in blocks)
        if sign == "{":
            blocks.append((kind_of(head) if in_scope else "inner", line, head))
            head = ""
        elif sign == "}":
            if not blocks:
                raise ValueError(f"line {line}: a closing brace too many")
            kind, first, its_head = blocks.pop()
            if kind == "function":
                yield first, line - first + 1, " ".join(its_head.split())[:60]
            # A value is a part of what it initialises: the head goes on behind it.
            head = its_head + "{}" if kind == "value" else ""
        elif in_scope:
            head = "" if sign == ";" else head + sign
    if blocks:
        raise ValueError(f"line {blocks[-1][1]}: a brace that is never closed")


def too_long(root):
    files = sorted(f for place in ("include", "simulator") for f in (root / place).rglob("*")
                   if f.suffix in (".hpp", ".ipp", ".cpp"))
    for file in files:
        try:
            for first, lines, head in functions(file.read_text()):
                if lines > LINES_MAX:
                    yield f"{file.relative_to(root)}:{first}: {lines} lines (at most {LINES_MAX}): {head}"
        except ValueError as unbalanced:
            yield f"{file.relative_to(root)}: cannot be measured: {unbalanced}"


# Text, and the lengths of the functions in it.
SAMPLES = [
    ("void f() {\n\n}\n", [3]),
    ("namespace a {\nstruct b {\n    int c() const {\n        if (d) {\n        }\n    }\n};\n}\n", [4]),
    ("foo::foo(int a) : b_{a}, c_{1, 2} {\n\n\n}\n", [4]),
    ("foo() : b_{a} {}\nint x = 1;\n", [1]),
    ("template <class T>\nauto f(T a) -> std::vector<T> {\n    return {a};\n}\n", [3]),
    ("template <class T>\n    requires std::integral<T>\nvoid f(T) {\n}\n", [2]),
    ("inline constexpr std::array table{\n    row{1},\n    row{2},\n};\n", []),
    ("std::vector<int> a = {\n1,\n2};\nvoid g() noexcept {\n}\n", [2]),
    ("inline constexpr auto f = [](int a) {\n    return a;\n};\n", [3]),
    ("template <class T>\nconcept c = requires(T a) {\n    a.b();\n};\n", [3]),
    ("struct [[nodiscard]] e {\n    int a{};\n    std::string b{};\n    friend bool operator==(e, e) = default;\n};\n",
     []),
    ("struct a : b<c> {\npublic:\n    explicit a(int x) : b<c>{x} {\n    }\n};\n", [2]),
    ("enum class a : int {\n    b = 1,\n};\n", []),
    ("#define M(a) \\\n    {\nvoid f() {\n    char a = '{';\n    auto b = \"}\";\n    // }\n    auto c = R\"x({)x\";\n}\n",
     [6]),
    ("int const a = 1'000;\nvoid f() {\n    auto b = 2'000;\n}\n", [3]),
    ("FEATURES_BEGIN(AVX2)\nnamespace a {\nALWAYS_INLINE int f() {\n}\n}\nFEATURES_END\nstruct b {\n};\n", [2]),
    ("struct a b() {\n\n}\n", [3]),
    ("template <int N>\nrequires c<N>\nclass a {\n    int f() {\n    }\n\n};\n", [2]),
    ("template <int N>\nrequires(N > 2)\nvoid f() {\n    struct a {\n    } b;\n}\n", [4]),
    ("class a {\n    struct b {\n        int c = 0;\n    } d;\n    a& operator=(a const&) {\n    }\n};\n", [2]),
]


def self_test():
    wrong = []
    for text, expected in SAMPLES:
        lengths = [lines for _, lines, _ in functions(text)]
        if lengths != expected:
            wrong.append(f"{text!r}: {lengths}, not {expected}")
    yield "self_test_samples", wrong
    unbalanced = []
    for text in ("void f() {\n", "void f() {\n}}\n"):
        try:
            list(functions(text))
            unbalanced.append(f"accepts {text!r}")
        except ValueError:
            pass
    yield "self_test_unbalanced_braces", unbalanced
    at_limit = "void f() {\n" + "\n" * (LINES_MAX - 2) + "}\n"
    longest = [max(lines for _, lines, _ in functions(text)) for text in (at_limit, at_limit.replace("{", "{\n"))]
    yield "self_test_limit", [] if longest == [LINES_MAX, LINES_MAX + 1] else [str(longest)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    return report(self_test() if options.self_test else [("function_length", too_long(options.root))])


sys.exit(main())
