"""The rules of a run as DuckDB macros: what would they say with another bound?"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from string import Template
from typing import Any

from crawlsieve.filters.rule import LANGUAGE, Bounds, Rule, sql_name, sql_text
from crawlsieve.pipelines.recipe.step_names import step_names

JUDGED = "judged"
"""The macro that asks all rules at once."""

_JUDGED = Template("""CREATE OR REPLACE MACRO $name(
    $parameters
) AS TABLE
    SELECT len(reasons_now) = 0 AS passes, reasons_now, reasons, * EXCLUDE (reasons_now, reasons)
    FROM (
        SELECT *, list_filter(reasons, lambda reason: NOT list_contains($ours, reason)) || $now AS reasons_now
        FROM (
            SELECT signals.*, coalesce(rejected.reasons, []::VARCHAR[]) AS reasons
            FROM signals LEFT JOIN rejected USING (id, source_path, source_offset)
        )
    )""")


@dataclass(frozen=True)
class RuleMacro:
    """A rule of a judge step, as a macro that says whether the rule rejects."""

    name: str
    """The rule's name; `STEP_RULE` where several steps judge by a rule of that name."""
    step: str
    rule: Rule
    by_language: bool
    """Whether exceptions for languages held when the step judged."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What it is called with, before the bounds."""
        by_language = self.by_language and self.rule.exceptions
        return (self.rule.column, *((LANGUAGE,) if by_language else ()))

    @property
    def call(self) -> str:
        """A call with the bounds of the run."""
        return f"{_plain(self.name)}({', '.join(map(_plain, self.columns))})"

    @property
    def create(self) -> str:
        """The statement that makes it."""
        low, high = self.rule.defaults_sql
        columns = ", ".join(map(sql_name, self.columns))
        body = self.rule.asked_sql(by_language=self.by_language)
        head = f"{sql_name(self.name)}({columns}, at_least := {low}, at_most := {high})"
        return f"CREATE OR REPLACE MACRO {head} AS\n    {body}"

    @property
    def comment(self) -> str:
        """The statement that says what it is."""
        low, high = self.rule.at_least, self.rule.at_most
        others = f"; other bounds for {len(self.rule.exceptions)} languages" if len(self.columns) > 1 else ""
        said = f"rule {self.rule.name} of step {self.step}: true where it rejects"
        bounds = f"at_least {_bound(low)}, at_most {_bound(high)}{others}"
        return f"COMMENT ON MACRO {sql_name(self.name)} IS {sql_text(f'{said}; {bounds}')}"


def rule_macros(manifest: dict[str, Any]) -> tuple[RuleMacro, ...]:
    """A macro for each rule of each judge step of a run, in order of judging."""
    rules = manifest.get("rules", [])
    named = Counter(rule["name"] for rule in rules)
    return tuple(
        RuleMacro(
            name=rule["name"] if named[rule["name"]] == 1 else f"{rule['step']}_{rule['name']}",
            step=rule["step"],
            rule=_rule(rule),
            by_language=_knows_language(manifest, rule["step"]),
        )
        for rule in rules
    )


def judged(macros: tuple[RuleMacro, ...], columns: Collection[str]) -> str | None:
    """The statement that makes the table macro `judged`, None where the signals lack a column of a rule.

    Its rows are those of `signals`, behind `passes` (no reason is left), `reasons_now` (by the bounds of the call) and
    `reasons` (of the run). Its parameters are the bounds of all rules: `MACRO_at_least` and `MACRO_at_most`. Reasons
    that no judge gave stay. A document that left the chain before a judge was not rejected by it, though its values
    are out of bounds: it keeps what it has.
    """
    if not macros or not {column for macro in macros for column in macro.columns} <= set(columns):
        return None
    ends = [
        (macro.name, end, default)
        for macro in macros
        for end, default in zip(("at_least", "at_most"), macro.rule.defaults_sql, strict=True)
    ]
    parameters = ",\n    ".join(f"{sql_name(f'{name}_{end}')} := {default}" for name, end, default in ends)
    steps = tuple(dict.fromkeys(macro.step for macro in macros))
    now = " || ".join(_of_step([macro for macro in macros if macro.step == step]) for step in steps)
    ours = _list(sql_text(macro.rule.name) for macro in macros)
    return _JUDGED.substitute(name=JUDGED, parameters=parameters, ours=ours, now=now)


def comment_on_judged() -> str:
    """The statement that says what `judged` is."""
    said = "signals, with the reasons that the rules give by the bounds of the call: MACRO_at_least, MACRO_at_most"
    return f"COMMENT ON MACRO TABLE {JUDGED} IS {sql_text(said)}"


def _of_step(macros: list[RuleMacro]) -> str:
    """The names of the rules of a step that reject, none for a document that never reached it."""
    names = _list(sql_text(macro.rule.name) for macro in macros)
    stored = " OR ".join(_call(macro) for macro in macros)
    now = _list(f"CASE WHEN {_call(macro, asked=True)} THEN {sql_text(macro.rule.name)} END" for macro in macros)
    reached = f"list_has_any(reasons, {names}) OR NOT ({stored})"
    return (
        f"\n            CASE WHEN {reached} THEN list_filter({now}, lambda name: name IS NOT NULL) "
        "ELSE []::VARCHAR[] END"
    )


def _call(macro: RuleMacro, *, asked: bool = False) -> str:
    """The macro with the bounds of the run, or with those that `judged` was given."""
    given = [f"{end} := {sql_name(f'{macro.name}_{end}')}" for end in ("at_least", "at_most")] if asked else []
    return f"{sql_name(macro.name)}({', '.join([*map(sql_name, macro.columns), *given])})"


def _rule(told: dict[str, Any]) -> Rule:
    """The rule as it judged."""
    return Rule(
        name=told["name"],
        column=told["column"],
        at_least=told["at_least"],
        at_most=told["at_most"],
        exceptions=tuple(
            (own["language"], Bounds(at_least=own["at_least"], at_most=own["at_most"]))
            for own in told.get("exceptions") or []
        ),
    )


def _knows_language(manifest: dict[str, Any], judge: str) -> bool:
    """Whether a step before `judge` has named the language: else a rule has had no exceptions."""
    names = step_names(manifest["recipe"].get("steps", []))
    return judge not in names or LANGUAGE in names[: names.index(judge)]


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]::VARCHAR[]"


def _plain(name: str) -> str:
    """The name as a person writes it."""
    return name if name.isidentifier() else sql_name(name)


def _bound(end: float | None) -> str:
    return "none" if end is None else str(end)
