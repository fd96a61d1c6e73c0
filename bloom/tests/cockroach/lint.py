"""What CockroachDB lacks, looked for in SQL (its documentation, "PostgreSQL compatibility", v26.3)."""

import re

LACKING = {
    "exclusion constraint": r"\bEXCLUDE\s+USING\b",
    "deferrable constraint": r"(?<!NOT )\bDEFERRABLE\b",
    "advisory lock": r"\bpg_(try_)?advisory_",
    "serial key": r"\b(BIG|SMALL)?SERIAL\b",
    "sequence": r"\bCREATE\s+SEQUENCE\b|\bnextval\s*\(",
    "identity column": r"\bGENERATED\s+(ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b",
    "nulls not distinct": r"\bNULLS\s+NOT\s+DISTINCT\b",
    "range type": r"\b(tstz|ts|int4|int8|num|date)range\b",
    "text search helper": r"\b(websearch_to_tsquery|setweight|ts_rank_cd)\s*\(",
    "vector index": r"\bUSING\s+(hnsw|ivfflat)\b",
    "extension": r"\bCREATE\s+EXTENSION\b",
    "change of a primary key": r"\bDROP\s+CONSTRAINT\s+\S*_pkey\b",
    "statement-level trigger": r"\bFOR\s+EACH\s+STATEMENT\b|\b(BEFORE|AFTER)\s+TRUNCATE\b",
    "unlogged table": r"\bUNLOGGED\b",
}


def lacking(sql: str) -> list[str]:
    """Names of the things in `sql` that CockroachDB does not have. Comments do not count."""
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", "", sql, flags=re.S)
    return [name for name, pattern in LACKING.items() if re.search(pattern, bare, re.I)]
