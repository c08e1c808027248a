"""File names, environment variables and ClassAd attributes, each written down once.

Nothing here reads a disk or the environment when it is imported.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

CONFIG_FILE = "owl.toml"
SYSTEM_CONFIG = Path("/etc/owl") / CONFIG_FILE
STATE_DIRECTORY = ".owl"
DATABASE_FILE = "owl.db"

HOOK_KEYWORD = "OWL"
HOOK_PROGRAM = "owl_job_hook"
HOOK_MAGIC = "owl-hook"
HOOK_VERSIONS = ("1", "2")  # of the records that owld reads; the hook writes the last
SPOOL_RECORD_SUFFIX = ".rec"
SPOOL_ENDED_MARK = ".ended."  # in the name of a record that is whole when it has its last line
SPOOL_RECORD_END = b"\nowl-end\n"
SPOOL_BAD = "bad"

RUN_FILE = "run.json"
WORKFLOW_FILE = "workflow.toml"
PROGRAM_DIRECTORY = "bin"
RESCUE_SUFFIX = ".rescue"
METRICS_SUFFIX = ".metrics"  # what condor_dagman writes last, beside its DAG file

# Below the work root; no dataset and no workflow has a name that begins with a full stop.
BUNDLES = ".bundles"
BUNDLE_DAG = "bundle.dag"
BUNDLE_STATUS = "bundle.status"

# Attributes that OWL puts into job ads. A DAGMan job carries the submission it is, a step the run it is of.
ATTR_RUN_ID = "OwlRunId"
ATTR_RESCUE = "OwlRescueNumber"
ATTR_BUNDLE = "OwlBundleId"  # instead of these two: a DAGMan job that several runs share
ATTR_DATASET = "InputDataset"

BY_COMMAND = "(OWL command"  # in the reasons that HTCondor is given for what operators do


def resource(name: str) -> Path:
    """The directory of the project's own `templates`, `hooks` or `condor_config.d`.

    In a source tree it lies beside the package; an installed OWL has it below `share/owl`.
    """
    beside = Path(__file__).resolve().parent.parent / name
    if beside.is_dir():
        return beside
    return Path(sysconfig.get_path("data")) / "share" / "owl" / name
