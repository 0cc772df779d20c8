"""How a check speaks: `ok NAME`, or `FAILED NAME` and the findings indented below it."""


def report(results):
    """Prints (name, findings) pairs; returns the exit code."""
    failed = False
    for name, findings in results:
        findings = list(findings)
        failed |= bool(findings)
        print(*([f"FAILED {name}", *(f"    {f}" for f in findings)] if findings else [f"ok {name}"]), sep="\n")
    return int(failed)
