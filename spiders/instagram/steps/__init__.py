"""What a batch goes through: plain functions of an `Api`, a `Batch` and what was answered.

`asking` makes the requests, each of which names the method of the spider that reads its answer;
`beginning`, `starting`, `running` and `ending` say what follows from it, in this order.
"""
