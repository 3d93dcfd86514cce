using System.Diagnostics;
using Puzzle.Core.Errors;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Runs;
using Puzzle.Core.Search;

namespace Puzzle.Benchmarks.Studies;

/// <summary>
/// Runs of one recipe with different settings, kept below <c>artifacts/studies</c>: a study that was interrupted goes on where
/// it was, and stages that a run shares with an earlier one are taken over from it.
/// </summary>
/// <param name="context">Knows the repository.</param>
/// <param name="study">Names the folder.</param>
/// <param name="recipe">The recipe's path.</param>
internal sealed class StudyRuns(BenchmarkContext context, string study, string recipe)
{
    /// <summary>The folder of all runs.</summary>
    public string Folder { get; } = Path.Combine(context.Root, "artifacts", "studies", study);

    /// <summary>The recipe's path.</summary>
    public string Recipe => recipe;

    /// <summary>The folder of a run.</summary>
    public string Of(string run) => Path.Combine(Folder, run);

    /// <summary>Runs the recipe with settings, as <c>puzzle run</c> does, in a process of its own.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="settings">Laid over the recipe.</param>
    /// <param name="until">The last stage; null: all.</param>
    /// <param name="like">A finished run whose stages <paramref name="shared"/> are the same.</param>
    /// <param name="shared">Stages to take over. One whose inputs differ after all is done again.</param>
    /// <exception cref="InfeasibleException">Nothing meets the limits.</exception>
    public string Run(string run, IEnumerable<string> settings, string? until = null, string? like = null, params string[] shared)
    {
        var folder = Of(run);
        foreach (var stage in shared.Where(stage => like is not null && !Directory.Exists(Path.Combine(folder, stage))))
            Copy(Path.Combine(Of(like!), stage), Path.Combine(folder, stage));
        string[] arguments = ["run", recipe, .. settings.Append($"output={folder}").SelectMany(setting => new[] { "--set", setting }), .. until is null ? Array.Empty<string>() : ["--until", until]];
        context.Say($"{study}/{run}: puzzle {string.Join(' ', arguments)}");
        Puzzle(context, arguments);
        return folder;
    }

    /// <summary>What a run's stage evaluate found.</summary>
    public ChildEvaluation Evaluation(string run) => AtomicFile.ReadJson<ChildEvaluation>(Path.Combine(Of(run), "evaluate", ChildEvaluation.File));

    /// <summary>What a run's stage solve found.</summary>
    public SolveResult Solution(string run) => AtomicFile.ReadJson<SolveResult>(Path.Combine(Of(run), "solve", SolveStage.ResultFile));

    /// <summary>Runs the tool that was built with the benchmarks; what it says goes to stderr.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="OutOfResourceException">It ended with an error.</exception>
    public static string Puzzle(BenchmarkContext context, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "puzzle.dll"), .. arguments, "--json"]) { UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = context.Root };
        if (!Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            start.FileName = "dotnet";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode switch
        {
            0 => output,
            4 => throw new InfeasibleException(output.Trim()),
            var other => throw new OutOfResourceException($"puzzle {string.Join(' ', arguments)} ended with exit code {other}: {output.Trim()}"),
        };
    }

    // Whole or not at all: a half-copied stage would be taken for a damaged one and done again, but only after its files were hashed.
    private static void Copy(string from, string to)
    {
        var half = to + ".copy";
        if (Directory.Exists(half))
            Directory.Delete(half, recursive: true);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(half, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        Directory.Move(half, to);
    }
}
