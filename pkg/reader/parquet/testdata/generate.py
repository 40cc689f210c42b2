"""Writes the Parquet files that parquet_test.go reads. Needs pyarrow; run in this folder."""

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 300


def table():
    row = range(ROWS)
    return pa.table(
        {
            "id": pa.array(row, pa.int64()),
            "u8": pa.array([i % 256 for i in row], pa.uint8()),
            "i16": pa.array([i - 150 for i in row], pa.int16()),
            "f64": pa.array([i / 8 for i in row], pa.float64()),
            "flag": pa.array([i % 3 == 0 for i in row], pa.bool_()),
            "x": pa.array([[i + k / 4 for k in range(6)] for i in row], pa.list_(pa.float32())),
            "fixed": pa.array([[i, -i] for i in row], pa.list_(pa.int32(), 2)),
            "nested": pa.array([[[i, i + 1], [i + 2, i + 3]] for i in row], pa.list_(pa.list_(pa.int32()))),
            "image": pa.array([{"bytes": bytes([i % 256] * (i % 5)), "path": f"{i}.png"} for i in row]),
            "maybe": pa.array([None if i % 10 == 3 else float(i) for i in row], pa.float32()),
            "gaps": pa.array(
                [None if i == 7 else [] if i == 8 else [1.0, None] if i == 9 else [float(i)] for i in row], pa.list_(pa.float32())
            ),
            "when": pa.array(row, pa.timestamp("us")),
        }
    )


# Small pages and groups, so that rows are sought in the middle of both; with and without an index of pages, in both versions of
# pages.
common = dict(row_group_size=130, data_page_size=256, write_batch_size=16)
pq.write_table(table(), "plain.parquet", compression="none", use_dictionary=False, **common)
pq.write_table(table(), "snappy.parquet", compression="snappy", data_page_version="2.0", write_page_index=True, **common)
pq.write_table(table(), "zstd.parquet", compression="zstd", use_dictionary=True, write_page_index=True, **common)
