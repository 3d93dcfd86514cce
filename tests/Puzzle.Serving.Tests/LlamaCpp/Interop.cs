using System.Diagnostics;
using Puzzle.Core.Tests;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Serving.Tests.LlamaCpp;

/// <summary>Finds llama.cpp for tests: the folder that the environment names, else the package that tests/interop locks, installed on first use.</summary>
internal static class Interop
{
    private static readonly Lazy<(string? Folder, string Reason)> Place = new(Find);

    /// <summary>The library; skips the running test, with the reason, where it cannot be had.</summary>
    public static LlamaCppLibrary Library()
    {
        Assert.SkipWhen(Place.Value.Folder is null, Place.Value.Reason);
        return LlamaCppLibrary.Load(Place.Value.Folder!);
    }

    private static (string?, string) Find()
    {
        if (Environment.GetEnvironmentVariable(LlamaCppLibrary.Variable) is { Length: > 0 } folder)
            return (folder, "");
        var interop = Shared.Repository("tests", "interop");
        var package = Path.Combine(interop, "node_modules", "@node-llama-cpp", "linux-x64");
        if (Directory.Exists(package))
            return (package, "");
        if (!OperatingSystem.IsLinux())
            return (null, $"needs llama.cpp: set {LlamaCppLibrary.Variable} to the folder of its libraries");
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = interop, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            npm.OutputDataReceived += (_, _) => { };
            npm.BeginOutputReadLine();
            var error = npm.StandardError.ReadToEndAsync();
            if (!npm.WaitForExit(TimeSpan.FromMinutes(3)))
            {
                npm.Kill(entireProcessTree: true);
                return (null, "needs llama.cpp: npm ci in tests/interop took more than three minutes");
            }

            return Directory.Exists(package) ? (package, "") : (null, $"needs llama.cpp: npm ci in tests/interop failed: {error.Result.Split('\n')[0]}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, $"needs llama.cpp: there is no npm to install it, and {LlamaCppLibrary.Variable} is not set");
        }
    }
}
