using Puzzle.Evaluation.Comparison;

namespace Puzzle.Evaluation.Results;

/// <summary>Results as tables in the harness's columns.</summary>
public static class ResultsTable
{
    private static readonly string[] s_columns = ["Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"];
    private static readonly bool[] s_numeric = [true, false, true, false, false, true, false, true];

    /// <summary>All tasks, with their groups; then the groups alone.</summary>
    public static string Render(EvaluationResult result)
    {
        var text = Table("Tasks", result, _ => true).ToString();
        return result.Groups.Any(group => group.Metrics.Count > 0)
            ? text + "\n" + Table("Groups", result, name => result.Groups.Any(group => group.Name == name))
            : text;
    }

    /// <summary>Parent and child side by side with recovery and its interval.</summary>
    public static string Render(RecoveryReport report)
    {
        var table = new MarkdownTable(
            ["Tasks", "Metric", "n", "Parent", "Child", "Recovery", "95 % interval", "Above chance"],
            [false, false, true, true, true, true, true, true]);
        foreach (var task in report.Tasks)
        {
            table.Add(
                task.Task, task.Metric, task.Documents.ToString(), $"{task.Parent:0.0000}", $"{task.Child:0.0000}",
                Percent(task.Recovery), Range(task.RecoveryInterval), Percent(task.RecoveryAboveChance));
        }

        table.Add(
            "mean", "", "", $"{report.ParentAverage:0.0000}", $"{report.ChildAverage:0.0000}",
            Percent(report.Recovery), Range(report.RecoveryInterval), Percent(report.RecoveryAboveChance));
        return table.ToString();
    }

    private static MarkdownTable Table(string title, EvaluationResult result, Func<string, bool> isShown)
    {
        var table = new MarkdownTable([title, .. s_columns], [false, .. s_numeric]);
        foreach (var (name, alias, _) in ResultsFile.Lines(result.Selection).Where(line => isShown(line.Name)))
        {
            var group = result.Groups.FirstOrDefault(group => group.Name == name);
            var metrics = group?.Metrics ?? result[name].Metrics;
            var version = group?.Group.Version ?? result[name].Prepared.Task.Version;
            var shots = group is null ? result[name].Prepared.Shots.ToString() : "";
            if (metrics.Count == 0)
                table.Add(alias, Short(version), "", "", "", "", "", "", "");
            foreach (var (i, metric) in metrics.OrderBy(metric => $"{metric.Metric},{metric.Filter}", StringComparer.Ordinal).Index())
            {
                table.Add(
                    i == 0 ? alias : "", i == 0 ? Short(version) : "", metric.Filter, shots, metric.Metric,
                    metric.HigherIsBetter ? "↑" : "↓", $"{metric.Value:0.0000}", "±", metric.StdErr is { } error ? $"{error:0.0000}" : "N/A");
            }
        }

        return table;
    }

    private static string Short(string version) => version.EndsWith(".0", StringComparison.Ordinal) ? version[..^2] : version;

    private static string Percent(double? ratio) => ratio is { } value ? $"{100 * value:0.0} %" : "–";

    private static string Range(Interval? interval) => interval is null ? "–" : $"{100 * interval.Lower:0.0} – {100 * interval.Upper:0.0} %";
}
