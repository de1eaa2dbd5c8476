"""Engines: the places where V can live, each a `PageBlocks` behind the one seam of `factor.blocks`.

    memory   one matrix in this process (`factor.blocks.InMemory`)
    disk     blocks of pages in files, one of them in memory at a time (`disk.OnDisk`)
    dask     the same files, worked on by the processes of a cluster (`cluster.DaskBlocks`)

The mathematics knows none of them. W (m x r) and H (r x n) are in memory whatever the engine.
"""
