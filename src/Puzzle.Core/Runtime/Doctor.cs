using System.Runtime.InteropServices;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;
using TorchSharp;

namespace Puzzle.Core.Runtime;

/// <summary>Looks at the machine: what is there, what is loaded, how to mend what is not.</summary>
public static class Doctor
{
    private const double Gib = 1073741824.0;

    /// <summary>All findings.</summary>
    /// <param name="workFolder">Where runs would be written.</param>
    /// <param name="engines">Look at engines of others.</param>
    public static IReadOnlyList<Diagnosis> Examine(string workFolder, params IEnumerable<Func<Diagnosis>> engines) =>
    [
        new("puzzle", DiagnosisState.Good, $"{RunEnvironment.ToolVersion}, .NET {Environment.Version}, {RuntimeInformation.RuntimeIdentifier}"),
        Torch(),
        StandardLibrary(),
        Cuda(),
        Threads(),
        Memory(),
        Disk(workFolder),
        .. engines.Select(examine => examine()),
        HubCacheFolder(),
        Slurm(),
    ];

    private static Diagnosis Torch()
    {
        try
        {
            Libtorch.Load();
            return new("libtorch", DiagnosisState.Good, $"{Libtorch.Describe()}; loaded from {Libtorch.LoadedFile ?? AppContext.BaseDirectory}");
        }
        catch (PuzzleException e)
        {
            return new("libtorch", DiagnosisState.Wrong, e.Message, "build again with './puzzle'; on Linux it needs glibc 2.31 and libstdc++ 6");
        }
    }

    // TorchSharp's native part is built with GCC 13; Directory.Build.targets fits its copy to an older libstdc++.
    private static Diagnosis StandardLibrary()
    {
        const string library = "/usr/lib/x86_64-linux-gnu/libstdc++.so.6";
        if (!OperatingSystem.IsLinux() || !File.Exists(library))
            return new("libstdc++", DiagnosisState.Good, "the system's own");
        var newest = File.ReadAllBytes(library).AsSpan().IndexOf("GLIBCXX_3.4.32"u8) >= 0;
        return new("libstdc++", DiagnosisState.Good, newest ? "new enough for TorchSharp as it is" : "older than GCC 13; the build fitted TorchSharp's copy to it");
    }

    private static Diagnosis Cuda()
    {
        try
        {
            if (!torch.cuda.is_available())
                return new("CUDA", DiagnosisState.Absent, "no CUDA device in this libtorch", $"on a GPU machine set {Libtorch.Variable}=/path/to/torch/lib of a CUDA build (libtorch 2.10) and start ./puzzle");
            return new("CUDA", DiagnosisState.Good, $"{torch.cuda.device_count()} device(s); use device: cuda in the recipe");
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException)
        {
            return new("CUDA", DiagnosisState.Absent, "libtorch is not loaded");
        }
    }

    private static Diagnosis Threads()
    {
        var cores = Environment.ProcessorCount;
        var simd = System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? "512-bit" : System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? "256-bit" : "128-bit";
        return new("processor", DiagnosisState.Good, $"{RunEnvironment.Processor()}; {cores} cores for this process; {simd} vectors{(Models.Products.Wide ? "; matrix products by oneDNN" : "")}");
    }

    private static Diagnosis Memory()
    {
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var free = ProcessMemory.Available ?? total;
        return free < 2 * Gib
            ? new("memory", DiagnosisState.Wrong, $"{free / Gib:F1} GiB free of {total / Gib:F1}", "the quickstart needs about 2 GiB; close something, or lower distill.memory_gib")
            : new("memory", DiagnosisState.Good, $"{free / Gib:F1} GiB free of {total / Gib:F1}");
    }

    private static Diagnosis Disk(string folder)
    {
        var existing = new DirectoryInfo(Path.GetFullPath(folder));
        while (!existing.Exists && existing.Parent is { } parent)
            existing = parent;
        var free = new DriveInfo(existing.FullName).AvailableFreeSpace / Gib;
        return free < 2
            ? new("disk", DiagnosisState.Wrong, $"{free:F1} GiB free at {existing.FullName}", "name a run folder with more room: --set output=/some/where")
            : new("disk", DiagnosisState.Good, $"{free:F1} GiB free at {existing.FullName}");
    }

    private static Diagnosis HubCacheFolder() => Directory.Exists(HubCache.Folder)
        ? new("hub cache", DiagnosisState.Good, HubCache.Folder)
        : new("hub cache", DiagnosisState.Absent, $"{HubCache.Folder} is not there", "models are also taken from any folder or GGUF file");

    private static Diagnosis Slurm()
    {
        if (Environment.GetEnvironmentVariable("SLURM_JOB_ID") is { Length: > 0 } job)
            return new("Slurm", DiagnosisState.Good, $"inside job {job}");
        var sbatch = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(p => p.Length > 0).Select(p => Path.Combine(p, "sbatch")).FirstOrDefault(File.Exists);
        return sbatch is null
            ? new("Slurm", DiagnosisState.Absent, "no sbatch on the path")
            : new("Slurm", DiagnosisState.Good, sbatch);
    }
}
