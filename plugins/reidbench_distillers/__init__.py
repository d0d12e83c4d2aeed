"""The distillers of MLLMEmbed-ReID (cosine, principal component mapping, feature relation), and
those that it is compared with."""

from reidbench_registry import Registrar, hookimpl

ENTRIES = {
    "Cosine": "cosine:Cosine",
    "FeatureMSE": "cosine:FeatureMSE",
    "PCM": "pcm:PCM",
    "FR": "fr:FR",
    "RKD": "rkd:RKD",
    "SP": "sp:SP",
    "PKT": "pkt:PKT",
    "CC": "cc:CC",
    "ICL": "icl:ICL",
    "SimilarityKL": "similarity:SimilarityKL",
    "SimilarityMSE": "similarity:SimilarityMSE",
    "SimilarityRank": "similarity:SimilarityRank",
    "MarginMSE": "similarity:MarginMSE",
    "CRD": "crd:CRD",
}


@hookimpl
def reidbench_register(catalog: Registrar) -> None:
    for name, target in ENTRIES.items():
        catalog.add("distiller", name, f"reidbench_distillers.{target}")
