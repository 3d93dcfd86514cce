using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using static TorchSharp.torch;

namespace Puzzle.Core.Runtime;

/// <summary>
/// Which libtorch this process computes with. By default the one that is built in; with <c>PUZZLE_LIBTORCH=/path/to/torch/lib</c>
/// the one there, for example a CUDA build: the build then links it into the output folder instead of its own
/// (Directory.Build.targets), and here its libraries are loaded from their real place before TorchSharp asks for them, so that
/// they find what lies beside them.
/// </summary>
public static partial class Libtorch
{
    /// <summary>The variable that names another libtorch.</summary>
    public const string Variable = "PUZZLE_LIBTORCH";

    // Dependencies first. What a CPU build lacks is skipped.
    private static readonly string[] s_preload = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];

    /// <summary>The folder that <see cref="Variable"/> names, or null.</summary>
    public static string? Requested => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;

    /// <summary>What is wrong with the requested libtorch, or null.</summary>
    public static string? Problem { get; private set; }

    /// <summary>The file that is loaded, or null before first use or where the system does not tell.</summary>
    public static string? LoadedFile => File.Exists("/proc/self/maps")
        ? File.ReadLines("/proc/self/maps").Select(line => MappedLibrary().Match(line)).FirstOrDefault(match => match.Success)?.Value
        : null;

    /// <summary>Loads libtorch now.</summary>
    /// <exception cref="RecipeException">It cannot be loaded; the message says how to mend it.</exception>
    public static void Load()
    {
        try
        {
            using var one = ones(1);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or BadImageFormatException)
        {
            var cause = Problem ?? (e.InnerException ?? e).Message.Split('\n')[0];
            throw new RecipeException($"libtorch does not load: {cause}; {(Requested is null ? "'./puzzle' builds it in for this machine (on old Linux it also fits it to the system's libstdc++)" : $"unset {Variable} to use the built-in one")}", e);
        }

        if (Problem is not null)
            throw new RecipeException(Problem);
        if (Requested is { } wanted && LoadedFile is { } loaded && Path.GetDirectoryName(loaded) != RealPath(wanted))
            throw new RecipeException($"{Variable}={wanted}: this build carries another libtorch ({loaded}); start it with './puzzle', which builds one that binds to yours");
    }

    /// <summary>
    /// Makes TorchScript run functions from their first call on as it will ever after. By default it watches the first calls and
    /// then rewrites a function, which changes results in their last bits: a resumed training would differ from an unbroken one.
    /// </summary>
    /// <returns>Whether this libtorch has the switch (its exported names are those of Linux and macOS).</returns>
    public static bool FixScripts()
    {
        const string profilingMode = "_ZN5torch3jit16getProfilingModeEv";
        if (LoadedFile is not { } file || !NativeLibrary.TryLoad(file, out var library) || !NativeLibrary.TryGetExport(library, profilingMode, out var export))
            return false;
        // It returns the address of a flag.
        Marshal.WriteByte(Marshal.GetDelegateForFunctionPointer<AddressOfFlag>(export)(), 0);
        return true;
    }

    /// <summary>Version and origin, in a few words.</summary>
    public static string Describe() =>
        Requested is { } folder ? $"{VersionIn(folder) ?? "unknown version"} from {folder}" : $"{TorchSharp.torch.__version__} (built in)";

    /// <summary>The version that a libtorch folder says it has: <c>build-version</c> of the zip, <c>version.py</c> of the Python package.</summary>
    public static string? VersionIn(string folder)
    {
        var parent = Path.GetDirectoryName(folder.TrimEnd('/')) ?? folder;
        if (File.Exists(Path.Combine(parent, "build-version")))
            return File.ReadAllText(Path.Combine(parent, "build-version")).Trim();
        var python = Path.Combine(parent, "version.py");
        return File.Exists(python) && VersionLine().Match(File.ReadAllText(python)) is { Success: true } match ? match.Groups[1].Value : null;
    }

#pragma warning disable CA2255 // A module initializer in a library: it must run before TorchSharp's own loading, whatever program this is.
    [ModuleInitializer]
    internal static void PreloadBeforeFirstUse()
#pragma warning restore CA2255
    {
        if (Requested is not { } folder)
            return;
        if (AppDomain.CurrentDomain.GetAssemblies().Any(IsTorchSharp))
            Preload(folder);
        else
            AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) =>
            {
                if (IsTorchSharp(loaded.LoadedAssembly))
                    Preload(folder);
            };
    }

    private static bool IsTorchSharp(Assembly assembly) => assembly.GetName().Name == "TorchSharp";

    private static void Preload(string folder)
    {
        if (!File.Exists(Path.Combine(folder, LibraryName("torch_cpu"))))
        {
            Problem = $"{Variable}={folder}: there is no {LibraryName("torch_cpu")} in it; name the folder that holds it (torch/lib of a Python package, libtorch/lib of the zip)";
            return;
        }

        foreach (var name in s_preload)
        {
            var file = Path.Combine(folder, LibraryName(name));
            try
            {
                if (File.Exists(file))
                    NativeLibrary.Load(file);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                Problem = $"{Variable}={folder}: {Path.GetFileName(file)} does not load: {e.Message.Split('\n')[0]}";
                return;
            }
        }
    }

    private static string LibraryName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    private static string RealPath(string folder) =>
        new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Path.TrimEndingDirectorySeparator(folder);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint AddressOfFlag();

    [GeneratedRegex(@"/\S*/libtorch_cpu[^/]*$")]
    private static partial Regex MappedLibrary();

    [GeneratedRegex(@"__version__\s*=\s*'([^']+)'")]
    private static partial Regex VersionLine();
}
