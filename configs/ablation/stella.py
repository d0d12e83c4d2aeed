"""The mix of the stella and jasper embedders (Zhang et al. 2024): cosine, similarities and their
order, over leading dimensions, too."""

_base_ = ["../_base_/embedded.py"]
student = dict(
    train=dict(
        task_weight=0.01,
        dims=[32, 64],
        distillers=[
            dict(type="Cosine", weight=10.0),
            dict(type="SimilarityMSE", weight=200.0),
            dict(type="SimilarityRank", margin=0.015, weight=20.0),
        ],
    ),
)
