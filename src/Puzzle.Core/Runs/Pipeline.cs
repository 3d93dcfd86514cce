using Puzzle.Core.Errors;
using Puzzle.Core.Telemetry;

namespace Puzzle.Core.Runs;

/// <summary>
/// Runs stages in order. A stage whose inputs are what they were is not run again: its key is a hash of the recipe's part,
/// the code version, and the results of the stages that it needs.
/// </summary>
/// <param name="stages">In the order they run.</param>
/// <param name="time">The clock.</param>
public sealed class Pipeline(IReadOnlyList<IStage> stages, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>The stages in order.</summary>
    public IReadOnlyList<IStage> Stages => stages;

    /// <summary>What <see cref="Run"/> would do, and what it would take.</summary>
    /// <exception cref="PuzzleException">The parent or the recipe is wrong.</exception>
    public IReadOnlyList<StagePlan> Plan(RunContext run, PipelineOptions options)
    {
        var (first, last) = Range(options);
        Check(run, first, last);
        var plans = new List<StagePlan>();
        var fresh = new HashSet<string>();
        for (var i = 0; i < stages.Count; i++)
        {
            var stage = stages[i];
            StagePlan Of(StageState state, string reason) =>
                new(stage.Name, stage.Purpose, state, reason, state == StageState.Run ? stage.Estimate(run) : null);
            if (i > last)
                plans.Add(Of(StageState.Skipped, $"after {options.Until}"));
            else if (i < first)
                plans.Add(Of(StageState.Done, "taken as it is"));
            else if (options.From is not null)
                plans.Add(Of(StageState.Run, "asked for by --from"));
            else if (stage.Needs.FirstOrDefault(fresh.Contains) is { } upstream)
                plans.Add(Of(StageState.Run, $"needs {upstream}"));
            else if (KeyOf(stage, run).ToString() is var key && run.Folder.IsDone(stage.Name, key))
                plans.Add(Of(StageState.Done, "done"));
            else
                plans.Add(Of(StageState.Run, Why(stage, run, key)));
            if (plans[^1].State == StageState.Run)
                fresh.Add(stage.Name);
        }

        return plans;
    }

    /// <summary>Runs what is not done.</summary>
    /// <returns>The names of the stages that were run.</returns>
    /// <exception cref="PuzzleException">Whatever a stage could not do; finished stages and units stay.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; state is kept.</exception>
    public IReadOnlyList<string> Run(RunContext run, PipelineOptions options)
    {
        var (first, last) = Range(options);
        var began = _time.GetTimestamp();
        CheckTakenAsTheyAre(run, options, first);
        Check(run, first, last);
        if (options.From is not null)
            Forget(run, first, last);
        var ran = new List<string>();
        for (var i = first; i <= last; i++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            var stage = stages[i];
            var key = KeyOf(stage, run);
            if (run.Folder.IsDone(stage.Name, key.ToString()))
            {
                run.Progress.EndStage(stage.Name, TimeSpan.FromSeconds(run.Folder.Done(stage.Name)!.Seconds), reused: true);
                continue;
            }

            RunStage(stage, run, key, _time.GetElapsedTime(began).TotalSeconds);
            ran.Add(stage.Name);
        }

        return ran;
    }

    // What a late stage cannot do is told before an early one has worked for hours.
    private void Check(RunContext run, int first, int last)
    {
        foreach (var stage in stages.Skip(first).Take(last - first + 1))
            stage.Check(run);
    }

    private void RunStage(IStage stage, RunContext run, ContentKey inputs, double startSeconds)
    {
        var context = new StageContext(run, stage, inputs.ToString());
        var marker = Path.Combine(context.Folder, RunFolder.DoneFile);
        File.Delete(marker);
        CheckDisk(stage, run);
        run.Progress.BeginStage(stage.Name, stage.Purpose);
        ProcessMemory.ResetPeak();
        using var clock = new StageClock(context.Folder, context.Key, _time);
        try
        {
            stage.Run(context);
            run.Cancellation.ThrowIfCancellationRequested();
        }
        catch
        {
            clock.Stop(finished: false);
            throw;
        }

        clock.Stop(finished: true);
        context.RemoveLeftovers();
        var artefacts = Artefacts(context);
        var result = new ContentKey();
        foreach (var file in artefacts.Keys)
            result.Add(file, FileHash.Of(Path.Combine(run.Folder.Path, file)));
        AtomicFile.WriteJson(marker, new StageDone
        {
            Key = context.Key,
            Result = result.ToString(),
            Version = stage.Version,
            Finished = _time.GetUtcNow(),
            Seconds = Math.Round(clock.Seconds, 3),
            PeakMib = Math.Round(ProcessMemory.Peak / 1048576.0, 1),
            StartSeconds = Math.Round(startSeconds, 3),
            Inputs = inputs.Parts.ToDictionary(part => part.Key, part => part.Value.Length <= 200 ? part.Value : new ContentKey().Add(part.Key, part.Value).ToString()),
            Artefacts = artefacts,
        });
        run.Progress.EndStage(stage.Name, TimeSpan.FromSeconds(clock.Seconds), reused: false);
    }

    private static ContentKey KeyOf(IStage stage, RunContext run)
    {
        var key = new ContentKey().Add("stage", stage.Name).Add("version", stage.Version);
        foreach (var need in stage.Needs)
            key.Add($"result of {need}", run.Folder.Done(need)?.Result ?? "none");
        stage.AddInputs(key, run);
        return key;
    }

    private static string Why(IStage stage, RunContext run, string key) => run.Folder.Done(stage.Name) switch
    {
        null => "not done yet",
        var done when done.Version != stage.Version => "made by another version of the stage",
        var done when done.Key != key => "its inputs changed",
        var done => $"{run.Folder.Missing(done)} is missing",
    };

    private (int First, int Last) Range(PipelineOptions options)
    {
        var first = options.From is null ? 0 : IndexOf(options.From, "--from");
        var last = options.Until is null ? stages.Count - 1 : IndexOf(options.Until, "--until");
        return first <= last ? (first, last) : throw new RecipeException($"--from {options.From} comes after --until {options.Until}; the order is {string.Join(", ", stages.Select(s => s.Name))}");
    }

    private int IndexOf(string name, string option)
    {
        for (var i = 0; i < stages.Count; i++)
        {
            if (stages[i].Name == name)
                return i;
        }

        var names = stages.Select(stage => stage.Name).ToList();
        throw new RecipeException($"{option} {name}: no such stage{DidYouMean.Hint(name, names)} The stages are {string.Join(", ", names)}");
    }

    private void CheckTakenAsTheyAre(RunContext run, PipelineOptions options, int first)
    {
        foreach (var stage in stages.Take(first))
        {
            if (run.Folder.Done(stage.Name) is not { } done)
                throw new RecipeException($"--from {options.From}: {stage.Name} has no result in {run.Folder.Path}; run without --from");
            if (run.Folder.Missing(done) is { } missing)
                throw new RecipeException($"--from {options.From}: {missing} of {stage.Name} is missing in {run.Folder.Path}; run without --from");
            if (done.Key != KeyOf(stage, run).ToString())
                run.Progress.Warn($"{stage.Name} was done for another recipe or by another version; it is taken as it is");
        }
    }

    private void Forget(RunContext run, int first, int last)
    {
        for (var i = last; i >= first; i--)
        {
            var folder = run.Folder.Of(stages[i].Name);
            if (!Directory.Exists(folder))
                continue;
            File.Delete(Path.Combine(folder, RunFolder.DoneFile));
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void CheckDisk(IStage stage, RunContext run)
    {
        if (stage.Estimate(run).DiskBytes is not { } needed)
            return;
        var free = new DriveInfo(run.Folder.Path).AvailableFreeSpace;
        if (needed > free)
            throw new OutOfResourceException($"{stage.Name} needs about {needed / 1048576.0:N0} MiB on disk and {run.Folder.Path} has {free / 1048576.0:N0} MiB free; free some, or name another folder in 'output'");
    }

    private static SortedDictionary<string, long> Artefacts(StageContext stage)
    {
        var root = stage.Run.Folder.Path;
        var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var path in stage.Elsewhere.Select(name => Path.Combine(root, name)).Append(stage.Folder))
        {
            var files = File.Exists(path) ? [path] : Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [];
            foreach (var file in files.Where(file => Path.GetFileName(file) != RunFolder.DoneFile || Path.GetDirectoryName(file) != stage.Folder))
                all[Path.GetRelativePath(root, file).Replace('\\', '/')] = new FileInfo(file).Length;
        }

        return all;
    }
}
