"""The Shoveler: takes the next requests from the DPQ, renders them and hands them to HTCondor."""

from owl.shoveler.claim import new_run_id
from owl.shoveler.service import Shoveler

__all__ = ["Shoveler", "new_run_id"]
