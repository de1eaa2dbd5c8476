"""The cache folder: what commands keep so that the next one need not compute it again.

    counts-KEY.npz        word counts of a corpus                  files of arrays with a digest (`files.arrays`)
    texts-KEY.npz         texts of pages that reports show
    checkpoint-KEY.npz    solver state of an interrupted fit
    blocks-KEY-N/         V in blocks of N pages                   folders whose files have digests of their own
    spill-RANDOM/         temporary files of a running command
    .locks/               the lock of the folder, and one locked file for each use of an entry
    .removed-RANDOM       entries on their way out

One class, `cache.Cache`, owns the folder, and these rules hold for all kinds of entries:

* Key: a digest of everything that the contents depend on, including the kind, its format and the package's version.
* Publication: an entry is written aside and moved to its place when it is complete.
* Reading: an entry is checked against its digest. A damaged one is removed with one line of notice, and is absent.
* Limit: above `NMF_TOPICS_CACHE_LIMIT` bytes, the entries that were not used for the longest time are removed. Entries
  in use by a running command stay.
* Locking: changes that concern several entries are made under one lock. Each user of an entry holds a lock on a file
  of its own, which the system releases even if the process is killed.
* Failure: the cache is never more than a loss of time. If the folder cannot be used, one line says so, and the command
  goes on without it. Files in the folder that do not have such names are never touched.
"""
