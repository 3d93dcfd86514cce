using Puzzle.Core.Checkpoints;
using Puzzle.Core.Measurement;
using Puzzle.Core.Telemetry;
using Puzzle.Serving.Engine;

namespace Puzzle.Benchmarks;

/// <summary>Memory that the engine takes for SmolLM2-135M at batch 32 and context 1024, against the cost model's prediction.</summary>
internal sealed class EngineMemoryBenchmark : IBenchmark
{
    private const int Batch = 32;
    private const int Context = 1024;
    private const int Steps = 4;
    private const double Mib = 1048576;

    public string Name => "engine-memory";

    public string Purpose => "resident memory of decode with SmolLM2-135M at batch 32, context 1024, against what the cost model predicts";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var source = Directory.GetFiles(context.Shared("models", "smollm2-135m-instruct"), "*.gguf")[0];
        var before = Resident();
        var checkpoint = GgufFile.Open(source);
        var model = CpuModel.Load(checkpoint);
        checkpoint.Dispose();
        using var decoder = new CpuDecoder(model, Batch, Context, ownsModel: true);

        // A chunk of a prompt, then steps of all sequences up to the last entry of the cache.
        var batch = new TokenBatch(decoder.MaxTokens, Batch);
        batch.Add(0, [.. Enumerable.Range(0, decoder.MaxTokens)], wantsLogits: true);
        decoder.Run(batch);
        for (var step = 0; step < Steps; step++)
        {
            batch.Clear();
            for (var slot = 0; slot < Batch; slot++)
            {
                decoder.Pretend(slot, Context - Steps + step);
                batch.Add(slot, [decoder.Best(0)], wantsLogits: true);
            }

            decoder.Run(batch);
        }

        var measured = Resident() - before;
        var (config, workload, costs) = (model.Config, new Workload(Batch, Context - 1, 1), new MemoryModel());
        var (weights, cache, workspace) = (costs.AllWeightBytes(config), costs.AllKvBytes(config, workload), MemoryModel.WorkspaceBytes(config, workload));
        var predicted = weights + cache + workspace;
        var counted = decoder.Memory;
        string Text(double bytes) => $"{bytes / Mib:N1}";
        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["measured_mib"] = measured / Mib,
                ["predicted_mib"] = predicted / Mib,
                ["off_percent"] = 100 * Math.Abs((measured / predicted) - 1),
            },
            Tables =
            [
                new($"MiB, float32, batch {Batch}, context {Context}", ["", "predicted", "allocated by the engine"],
                [
                    ["weights", Text(weights), Text(counted.Weights)],
                    ["keys and values", Text(cache), Text(counted.Cache)],
                    ["workspace", Text(workspace), Text(counted.Workspace)],
                    ["all", Text(predicted), Text(counted.Total)],
                    ["resident, less what was before the model was loaded", "", Text(measured)],
                ]),
            ],
        };
    }

    private static long Resident()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return ProcessMemory.Resident;
    }
}
