"""Holds the demo's report against what it must show. usage: check_report.py report.json"""

import json
import sys
from datetime import datetime, timedelta

with open(sys.argv[1]) as file:
    report = json.load(file)

CHANGE = "1997-05-02"
problems = []


def need(holds: bool, what: str) -> None:
    print(("ok      " if holds else "MISSING ") + what)
    if not holds:
        problems.append(what)


for key in ("windows", "alerts", "retrainings", "gates", "releases", "rollbacks", "failed_requests", "latency_ms"):
    need(key in report, f"the report has '{key}'")

after = [window for window in report["windows"] if window["from"] >= "1997-05-01T14:00" and window["f1_alone"] is not None and window["f1_kept"] is not None]
alone = sum(window["f1_alone"] for window in after) / max(1, len(after))
kept = sum(window["f1_kept"] for window in after) / max(1, len(after))
need(len(after) >= 9, f"windows from {CHANGE} on: {len(after)}")
need(kept >= alone + 0.15, f"mean F1 from {CHANGE} on: kept {kept:.3f}, left alone {alone:.3f}, at least 0.15 apart")
promoted = [retraining for retraining in report["retrainings"] if retraining["promoted"]]
need(len(promoted) >= 2, f"retrainings promoted: {len(promoted)} of {len(report['retrainings'])}")
refused = [gate for gate in report["gates"] if gate["verdict"] == "fail"]
need(len(refused) >= 1 and all(gate["evidence"] for gate in refused), f"candidates refused by a gate, with evidence: {len(refused)}")
forced = [release["to"] for release in report["releases"] if release["override"]]
caught = [rollback for rollback in report["rollbacks"] if rollback["from"] in forced or rollback["to"] in forced]
need(len(forced) >= 1 and len(caught) >= 1, f"forced releases {forced}, rolled back {len(caught)}")
need(report["failed_requests"] == 0, f"failed requests: {report['failed_requests']}")
change = datetime.fromisoformat(CHANGE)
drift = [
    alert
    for alert in report["alerts"]
    if alert["monitor"] in ("drift", "prediction_drift") and change <= datetime.fromisoformat(alert["market_time"][:10]) <= change + timedelta(days=21)
]
need(len(drift) >= 1, f"drift alerts within 21 days of {CHANGE}: {len(drift)}")
need(all(event["at"] and event["market_time"] for key in ("alerts", "retrainings", "gates", "releases", "rollbacks") for event in report[key]), "each event has ledger time and market time")
sys.exit(1 if problems else 0)
