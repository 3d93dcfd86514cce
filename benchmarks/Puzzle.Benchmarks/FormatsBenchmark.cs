using System.Runtime.InteropServices;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Telemetry;

namespace Puzzle.Benchmarks;

/// <summary>Reading safetensors against reading the bare file, and the memory of an export.</summary>
internal sealed class FormatsBenchmark : IBenchmark
{
    private const int Runs = 7;

    public string Name => "formats";

    public string Purpose => "loading SmolLM2-135M's F16 safetensors against reading the file; memory of an export";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var work = context.WorkFolder("formats");
        var folder = Path.Combine(work, "smollm2-f16");
        using (var parent = CheckpointFile.Open(context.Shared("models", "smollm2-135m-instruct")))
            ChildFolderWriter.Write(folder, parent.Config, parent.Read, new() { Format = ChildFormat.Plain, Type = StoredType.F16 });
        var path = Path.Combine(folder, "model.safetensors");
        var bytes = new FileInfo(path).Length;
        using var handle = File.OpenHandle(path);
        var bare = BenchmarkContext.MedianSeconds(Runs, () =>
        {
            using var buffers = new FreshBuffers();
            var buffer = buffers.New((int)bytes);
            for (int at = 0, read; at < buffer.Length; at += read)
                read = RandomAccess.Read(handle, buffer[at..], at);
        });
        var stored = BenchmarkContext.MedianSeconds(Runs, () =>
        {
            using var buffers = new FreshBuffers();
            using var file = SafetensorsFile.Open(path);
            foreach (var (name, info) in file.Tensors)
                file.CopyStored(name, 0, buffers.New((int)TensorBytes.Of(info)));
        });
        var widened = BenchmarkContext.MedianSeconds(Runs, () =>
        {
            using var buffers = new FreshBuffers();
            using var checkpoint = HuggingFaceFolder.Open(folder);
            foreach (var (name, info) in checkpoint.Tensors)
                checkpoint.Read(name, MemoryMarshal.Cast<byte, float>(buffers.New(sizeof(float) * (int)info.Count)));
        });
        var tensors = ExportMemory(folder, Path.Combine(work, "child.gguf"));
        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["bare_gb_per_second"] = bytes / bare / 1e9,
                ["stored_share"] = bare / stored,
                ["widened_share"] = bare / widened,
                ["export_tensors"] = tensors,
            },
            Tables =
            [
                new BenchmarkTable("SmolLM2-135M, F16 safetensors", ["what", "GB/s of the file", "share of the bare read"],
                [
                    ["the bare file into a fresh buffer", $"{bytes / bare / 1e9:F2}", "1"],
                    ["tensors as stored", $"{bytes / stored / 1e9:F2}", $"{bare / stored:F2}"],
                    ["tensors widened to float32", $"{bytes / widened / 1e9:F2}", $"{bare / widened:F2}"],
                ]),
            ],
            Notes = [$"median of {Runs} runs; the file is in the system's cache; every buffer is fresh from the system", $"an export to GGUF in F16 held at most {tensors:F2} tensors (resident memory of the process, in float32 sizes of the largest tensor) beside the loaded child"],
        };
    }

    /// <summary>Memory that no one has touched before, freed together: recycled pages would make the bare read look faster than any first load can be.</summary>
    private sealed unsafe class FreshBuffers : IDisposable
    {
        private readonly List<nint> _buffers = [];

        public Span<byte> New(int length)
        {
            var buffer = NativeMemory.Alloc((nuint)length);
            _buffers.Add((nint)buffer);
            return new(buffer, length);
        }

        public void Dispose() => _buffers.ForEach(buffer => NativeMemory.Free((void*)buffer));
    }

    /// <summary>The most memory of the process beside a loaded child while it is exported, in tensors of the largest one's float32 size.</summary>
    private static double ExportMemory(string folder, string file)
    {
        using var checkpoint = HuggingFaceFolder.Open(folder);
        using var child = ModelLoader.Load(checkpoint);
        var largest = checkpoint.Tensors.Values.Max(tensor => tensor.Count) * sizeof(float);
        // Once for code and buffers that stay.
        GgufExport.Write(file, child.Config with { Layers = [.. child.Config.Layers.Take(1)] }, TensorReader.Of(child.Named()), new() { Type = StoredType.F16 });
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ProcessMemory.ResetPeak();
        var before = ProcessMemory.Resident;
        GgufExport.Write(file, child.Config, TensorReader.Of(child.Named()), new() { Type = StoredType.F16 });
        return (ProcessMemory.Peak - before) / (double)largest;
    }
}
