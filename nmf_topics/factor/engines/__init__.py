"""Engines: the ways to store V and to work on it, each an implementation of `factor.blocks.PageBlocks`.

    memory   one matrix in this process (`factor.blocks.InMemory`)
    disk     blocks of pages in files, one of them in memory at a time (`disk.OnDisk`)
    dask     the same files, worked on by the processes of a cluster (`cluster.DaskBlocks`)

The mathematics does not depend on them. W (m x r) and H (r x n) are in memory whatever the engine.
"""
