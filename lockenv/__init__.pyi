"""What the library offers, for type checkers and readers. docs/api.md explains it and says what may change."""

from lockenv.context.settings import Settings as Settings
from lockenv.environment.verify import EnvironmentDiffers as EnvironmentDiffers
from lockenv.environment.verify import EnvironmentMatches as EnvironmentMatches
from lockenv.errors import InputError as InputError
from lockenv.errors import LockenvError as LockenvError
from lockenv.errors import MachineError as MachineError
from lockenv.errors import NetworkError as NetworkError
from lockenv.errors import RefusedError as RefusedError
from lockenv.errors import UsageError as UsageError
from lockenv.lockfile.diff import Change as Change
from lockenv.lockfile.diff import diff as diff
from lockenv.lockfile.lock import Lock as Lock
from lockenv.lockfile.select import NotCovered as NotCovered
from lockenv.lockfile.select import Selection as Selection
from lockenv.lockfile.select import select as select
from lockenv.operations.check import CheckReport as CheckReport
from lockenv.operations.check import CheckRequest as CheckRequest
from lockenv.operations.check import check as check
from lockenv.operations.check import check_lock as check_lock
from lockenv.operations.lock import Locked as Locked
from lockenv.operations.lock import LockRequest as LockRequest
from lockenv.operations.lock import lock as lock
from lockenv.operations.locks import find_target as find_target
from lockenv.operations.locks import parse_lock as parse_lock
from lockenv.operations.locks import read_lock as read_lock
from lockenv.operations.selection_options import SelectionOptions as SelectionOptions
from lockenv.operations.sync import InSync as InSync
from lockenv.operations.sync import sync as sync
from lockenv.operations.synced import Synced as Synced
from lockenv.operations.synced import SyncRequest as SyncRequest
from lockenv.operations.synced import WouldChange as WouldChange
from lockenv.operations.usable import NotUsable as NotUsable
from lockenv.operations.verify import Unproven as Unproven
from lockenv.operations.verify import Verified as Verified
from lockenv.operations.verify import VerifyRequest as VerifyRequest
from lockenv.operations.verify import verify as verify
from lockenv.vocabulary.finding import Finding as Finding
from lockenv.vocabulary.markers import Marker as Marker
from lockenv.vocabulary.markers import marker_text as marker_text
from lockenv.vocabulary.markers import parse as parse_marker
from lockenv.vocabulary.pin import NeedsPermission as NeedsPermission
from lockenv.vocabulary.pin import Unsolvable as Unsolvable
from lockenv.vocabulary.progress import SILENT as SILENT
from lockenv.vocabulary.progress import Listener as Listener
from lockenv.vocabulary.progress import Progress as Progress
from lockenv.vocabulary.selected import Selected as Selected
from lockenv.vocabulary.target import Target as Target

__version__: str

__all__ = [
    "SILENT",
    "Change",
    "CheckReport",
    "CheckRequest",
    "EnvironmentDiffers",
    "EnvironmentMatches",
    "Finding",
    "InSync",
    "InputError",
    "Listener",
    "Lock",
    "LockRequest",
    "Locked",
    "LockenvError",
    "MachineError",
    "Marker",
    "NeedsPermission",
    "NetworkError",
    "NotCovered",
    "NotUsable",
    "Progress",
    "RefusedError",
    "Selected",
    "Selection",
    "SelectionOptions",
    "Settings",
    "SyncRequest",
    "Synced",
    "Target",
    "Unproven",
    "Unsolvable",
    "UsageError",
    "Verified",
    "VerifyRequest",
    "WouldChange",
    "__version__",
    "check",
    "check_lock",
    "diff",
    "find_target",
    "lock",
    "marker_text",
    "parse_lock",
    "parse_marker",
    "read_lock",
    "select",
    "sync",
    "verify",
]
