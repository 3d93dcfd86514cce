using System.Text.Json;
using Puzzle.Cli.Screens;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Reports;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;
using Spectre.Console;
using TorchSharp;

namespace Puzzle.Cli.Wiring;

/// <summary>Runs a recipe's stages in its run folder and tells what came of it.</summary>
/// <param name="session">Where it is told.</param>
/// <param name="recipe">The recipe as read.</param>
/// <param name="name">Names the run folder where the recipe does not.</param>
/// <param name="recipeText">What is kept as <c>recipe.yaml</c>, or null for what the recipe says, paths absolute, settings of the command line included.</param>
internal sealed class RecipeRun(Session session, Recipe recipe, string name, string? recipeText = null)
{
    private readonly string _folder = recipe.Output ?? Path.GetFullPath(Path.Combine("runs", name));
    private readonly Pipeline _pipeline = new(StageCatalogue.All);

    /// <summary>What would be done, and what it would take.</summary>
    public int Plan(PipelineOptions options)
    {
        using var folder = RunFolder.View(_folder);
        using var run = new RunContext(recipe, folder, session.Progress, cancellation: session.Cancellation);
        var plans = _pipeline.Plan(run, options);
        var table = new Table().Border(TableBorder.Simple).AddColumns("stage", "", "time", "disk", "memory", "why");
        foreach (var plan in plans)
        {
            var estimate = plan.Estimate;
            table.AddRow(
                plan.Stage, plan.State switch { StageState.Done => "[dim]done[/]", StageState.Run => "run", _ => "[dim]skip[/]" },
                estimate?.Time is { } time ? ProgressText.Duration(time) : "", Mib(estimate?.DiskBytes), Mib(estimate?.MemoryBytes), Markup.Escape(plan.Reason));
        }

        session.Results.Write(table);
        var total = TimeSpan.FromSeconds(plans.Sum(plan => plan.Estimate?.Time?.TotalSeconds ?? 0));
        session.Results.WriteLine($"run folder {_folder}; about {ProgressText.Duration(total)} and {Mib(plans.Sum(plan => plan.Estimate?.DiskBytes ?? 0))}");
        return session.Done(new
        {
            Status = "planned",
            Run = _folder,
            Seconds = total.TotalSeconds,
            Stages = plans.Select(plan => new { plan.Stage, plan.State, plan.Reason, plan.Estimate?.Time?.TotalSeconds, plan.Estimate?.DiskBytes, plan.Estimate?.MemoryBytes }),
        });
    }

    /// <summary>Does it.</summary>
    public int Run(PipelineOptions options)
    {
        var began = TimeProvider.System.GetTimestamp();
        Core.Runtime.Libtorch.Load();
        torch.set_num_threads(recipe.Threads > 0 ? recipe.Threads : Environment.ProcessorCount);
        using var folder = RunFolder.Open(_folder);
        AtomicFile.WriteText(Path.Combine(_folder, "recipe.yaml"), recipeText ?? RecipeWriter.Write(recipe with { Output = _folder }, $"{name} as it was run; 'puzzle run' on this file goes on with it.", allKeys: false));
        AtomicFile.WriteText(Path.Combine(_folder, "recipe.json"), JsonSerializer.Serialize(recipe, RecipeJson.Indented) + "\n");
        AtomicFile.WriteJson(Path.Combine(_folder, "environment.json"), RunEnvironment.Describe());
        using var metrics = new MetricsFile(Path.Combine(_folder, "metrics.jsonl"), recipe.Report.Tensorboard ? Path.Combine(_folder, "tensorboard") : null);
        using var memory = new MemorySampler(metrics);
        using var run = new RunContext(recipe, folder, session.Progress, metrics, session.Cancellation);
        var ran = _pipeline.Run(run, options);
        session.CloseScreen();
        return options.Until is null || options.Until == StageCatalogue.All[^1].Name
            ? Finished(folder, ran)
            : Partly(folder, ran, TimeProvider.System.GetElapsedTime(began));
    }

    private int Finished(RunFolder folder, IReadOnlyList<string> ran)
    {
        var path = Path.Combine(folder.Of("report"), "report.json");
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such file; the report stage writes it");
        var data = ReportData.FromJson(File.ReadAllText(path));
        data = data with { Stages = [.. _pipeline.Stages.Select(stage => (stage.Name, Done: folder.Done(stage.Name)!)).Select(stage => new StageTiming(stage.Name, stage.Done.Seconds, stage.Done.PeakMib, stage.Done.StartSeconds, !ran.Contains(stage.Name)))] };
        var summary = RunSummary.Of(data, Path.Combine(_folder, "child"), Path.Combine(_folder, "report.html"));
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        if (summary.Speedup is { } speedup)
            table.AddRow("speed-up", $"[bold]{speedup:0.00}x[/]{(summary.SpeedupPredicted is { } predicted ? $" measured, {predicted:0.00}x predicted" : "")}");
        foreach (var (engine, other) in summary.Speedups.Where(pair => pair.Key != "torch"))
            table.AddRow($"on {engine}", other is { } times ? $"{times:0.00}x" : "not timed");
        if (summary.Recovery is { } recovery)
            table.AddRow("recovery", $"[bold]{recovery:P1}[/] of the parent's task accuracy");
        if (summary is { Parent.Loss: { } before, ChildStats.Loss: { } after })
            table.AddRow("loss", $"{after:0.0000} (parent {before:0.0000})");
        if (summary is { Parent.BlockParams: { } whole, ChildStats.BlockParams: { } kept } && whole > 0)
            table.AddRow("blocks", $"{kept:N0} of {whole:N0} parameters ({(double)kept / whole:P1})");
        foreach (var missed in summary.Missed)
            table.AddRow("[yellow]missed[/]", Markup.Escape(missed));
        table.AddRow("child", Markup.Escape(summary.Child));
        table.AddRow("report", Markup.Escape(summary.Report));
        session.Results.Write(table);
        return session.Done(summary.ToJson());
    }

    private int Partly(RunFolder folder, IReadOnlyList<string> ran, TimeSpan took)
    {
        session.Results.WriteLine($"{(ran.Count == 0 ? "nothing to do" : string.Join(", ", ran) + " done")}; results in {_folder}");
        return session.Done(new
        {
            Status = "done",
            Run = folder.Path,
            Ran = ran,
            Seconds = took.TotalSeconds,
            Stages = _pipeline.Stages.Select(stage => (stage.Name, Done: folder.Done(stage.Name))).Where(stage => stage.Done is not null)
                .ToDictionary(stage => stage.Name, stage => new { stage.Done!.Seconds, stage.Done.PeakMib, Reused = !ran.Contains(stage.Name), Folder = folder.Of(stage.Name) }),
        });
    }

    private static string Mib(long? bytes) => bytes is > 0 ? $"{bytes / 1048576.0:N0} MiB" : "";
}
