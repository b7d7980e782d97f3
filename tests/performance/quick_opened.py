import asyncio, sys, statistics
from pathlib import Path
from performance import pipeline
from performance.feeding import a_producer, resting
from performance.opened import Opened, percentiles
from performance import service
from performance.rows import show
from stack.layout import Layout
from support.ports import BENCH
from support.stacks import Stack, a_folder_for_all, start_stack, stop, wait_for_line

RUNS=int(sys.argv[1]) if len(sys.argv)>1 else 1
async def main(stack):
    rows=[]
    async with a_producer(stack) as producer:
        opened, url = Opened(stack), await pipeline.prepare(stack.layout)
        with resting(stack,"profiles","notifications","desk"):
            await service._fill_database(stack, 100_000)
            await service._restart(stack,"matching")
            for run in range(RUNS):
                times = await opened.times(20, 200)
                await service._close_all(stack, producer)
                with resting(stack,"assignments","matching"):
                    bare = await opened.floor(url, 20, 200)
                r=percentiles(f"run{run}", times, bare); show(r,"")
                rows+=r
    for p in ("p50","p99"):
        print(p, statistics.median(1/r.ratio for r in rows if r.name.endswith(p)))
if __name__ == "__main__":
    with a_folder_for_all("bench-") as folder:
        process = start_stack(BENCH, folder, "stack")
        try:
            wait_for_line(process, "platform is up")
            asyncio.run(main(Stack(Layout(BENCH, folder))))
        finally:
            stop(process)
