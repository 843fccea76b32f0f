"""Tables and figures as the reports write them."""


def table(head, rows):
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    text += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(text)


def number(value, digits=2):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.{digits}f}"


def percent(value, digits=0):
    return "-" if value is None else f"{100 * value:.{digits}f}%"
