"""Parquet files in a lake, read through Spark; those of this machine are looked at directly."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.pandas.types import to_arrow_type

from paceline.engine.hashing import hash_file
from paceline.engine.line_files import FileFacts, LocalFiles
from paceline.engine.tables import ParquetFiles, is_address


class LakeFiles:
    """Reads files wherever the cluster can."""

    def __init__(self, session: SparkSession) -> None:
        self.session = session
        self.local = LocalFiles()

    def read(self, given: ParquetFiles) -> list[pa.Table]:
        """The files' rows, in memory."""
        return [
            plain(self._open(path).toArrow())
            if is_address(path)
            else self.local.read(ParquetFiles((path,)))[0]
            for path in given.paths
        ]

    def look(self, given: ParquetFiles) -> list[FileFacts]:
        """The columns of each file or folder of a lake; a local file says more."""
        return [
            self._facts(path) if is_address(path) else self.local.look(ParquetFiles((path,)))[0]
            for path in given.paths
        ]

    def _facts(self, path: Path | str) -> FileFacts:
        fields = self._open(path).schema
        return FileFacts(path, {field.name: to_arrow_type(field.dataType) for field in fields})

    def hashes(self, given: ParquetFiles) -> list[str]:
        """The sha256 of each file, those of a folder in the order of their names."""
        found: list[str] = []
        for path in given.paths:
            if not is_address(path):
                found.append(hash_file(Path(path)))
                continue
            reader = self.session.read.format("binaryFile").option("pathGlobFilter", "*.parquet")
            files = reader.option("recursiveFileLookup", "true").load(str(path))
            rows = files.select("path", f.sha2(f.col("content"), 256)).orderBy("path").collect()
            found += [row[1] for row in rows]
        return found

    def _open(self, path: Path | str) -> DataFrame:
        try:
            return self.session.read.parquet(str(path))
        except AnalysisException as error:
            raise OSError(str(path)) from error


def plain(rows: pa.Table) -> pa.Table:
    """The same rows with every column allowed to be empty, as tables are outside Spark."""
    return rows.cast(pa.schema([(field.name, field.type) for field in rows.schema]))
