"""The names that plugins rely on. Adding one raises the minor of `API_VERSION`; removing or
renaming one raises the major and follows the rule in docs/hooks.md: change this list with care."""

import ast
import importlib
from pathlib import Path

import reidbench_registry
from reidbench_registry import API_VERSION, hookspecs, testing

ROOT = Path(__file__).parents[1]

FROZEN = {
    "reidbench_registry": """
        API_VERSION COMPOSITE_SEPARATOR ENTRY_POINT_GROUP EXCLUSIONS KINDS MODALITIES MODALITY_CODE
        AmbiguousEntryError Backbone Catalog CheckFailed ConfigError DataError Dataset DatasetCard
        Deployable Distiller
        Entry EvalProtocol Exclusion ImageInput Loss Metric Owner PluginError Ranks Record Registrar
        ReidbenchError ReportSection RunInfo RunResult SUPPLIED Sampler Selector StageInfo Task
        TextInput Track Transform Trials UnknownEntryError composite did_you_mean fingerprint
        gc_paused hookimpl""",
    "reidbench_registry.testing": "CLAIMS Case Outcome cases cases_of draw",
    "reidbench.tools.arguments": """
        boolean fraction image_size integer interval modalities number one_of path positive_number
        string""",
    "reidbench.tools.arrays": "HINTS read_npy read_npz",
    "reidbench.tools.companion_tables": "COMPOSITES TRIALS read_composites read_trials",
    "reidbench.tools.derive": "BATCH MARKER Job Target claim derive_pictures",
    "reidbench.tools.digests": "file_digest files_digest json_digest",
    "reidbench.tools.files": "PART whole_file whole_folder write_json",
    "reidbench.tools.folders": "PICTURES Tree walk",
    "reidbench.tools.guarded": """
        BYTES_PER_ROW DEPTH DIGITS GROWTH MIB MissingFileError PICTURE RECORD ROOM ROWS SETTINGS
        TABLE as_data_error check_depth check_file check_memory check_rows digits first_line
        is_file json_parser open_file read_bytes read_json read_text""",
    "reidbench.tools.images": "open_image to_pixels to_tensor",
    "reidbench.tools.inputs": "read_caption read_image",
    "reidbench.tools.manifest": """
        COLUMNS OPTIONAL REQUIRED read_manifest write_manifest""",
    "reidbench.tools.problems": "Problems raise_all",
    "reidbench.tools.tensors": "MISSING load_metadata load_state load_tensors save_tensors",
    "reidbench.tools.terminal": "LIMIT LINE cell cleaned quoted safe safe_json",
    "reidbench.tools.text": "PIECE clean_caption",
    "reidbench.tools.workers": "process_pool",
}
HOOKS = """
    reidbench_register reidbench_add_commands reidbench_before_run reidbench_after_stage
    reidbench_add_report_section reidbench_after_run"""


def defined(module):
    """Public functions, classes and constants of a module's own."""
    tree = ast.parse(Path(importlib.import_module(module).__file__).read_bytes())
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {ast.unparse(t) for t in node.targets if ast.unparse(t).isupper()}
    return {n for n in names if not n.startswith("_")}


def test_the_contract_exports_these_names():
    assert sorted(reidbench_registry.__all__) == sorted(FROZEN["reidbench_registry"].split())
    assert sorted(testing.__all__) == sorted(FROZEN["reidbench_registry.testing"].split())
    assert API_VERSION == (1, 1)


def test_tools_are_these_modules_with_these_names():
    folder = ROOT / "reidbench" / "tools"
    modules = {f"reidbench.tools.{p.stem}" for p in folder.glob("*.py") if p.stem[0] != "_"}
    assert modules == {m for m in FROZEN if m.startswith("reidbench.tools")}
    for module in modules:
        frozen = set(FROZEN[module].split())
        missing = frozen - defined(module)
        assert not missing, f"{module}: {missing}"
        functions = {n for n in defined(module) if not n.isupper()}
        assert functions <= frozen, f"{module}: {functions - frozen} is public, and on no list"


def test_hooks_are_these():
    found = {name for name in vars(hookspecs) if name.startswith("reidbench_")}
    assert found == set(HOOKS.split())
