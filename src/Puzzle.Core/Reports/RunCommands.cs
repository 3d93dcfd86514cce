using System.Globalization;
using Puzzle.Core.Runs;

namespace Puzzle.Core.Reports;

/// <summary>The commands that repeat a run, its evaluation and its report, as they are typed in the folder it was started from.</summary>
internal static class RunCommands
{
    public static IReadOnlyList<string> Of(RunContext run)
    {
        var (folder, evaluate) = (Short(run.Folder.Path), run.Recipe.Evaluate);
        List<string> commands = [$"puzzle run {Quoted(Path.Combine(folder, "recipe.yaml"))}"];
        if (evaluate.Tasks.Count > 0)
        {
            var command = new List<string> { "puzzle evaluate", Quoted(Path.Combine(folder, "child")), "--parent", Quoted(Short(run.Recipe.Parent)), "--tasks", Quoted(string.Join(',', evaluate.Tasks.Select(Short))) };
            void Add(string option, object? value)
            {
                if (value is not null)
                    command.AddRange(option, Quoted(Convert.ToString(value, CultureInfo.InvariantCulture)!));
            }

            Add("--num_fewshot", evaluate.NumFewshot);
            Add("--limit", evaluate.Limit);
            Add("--batch_size", evaluate.BatchSize);
            foreach (var path in evaluate.IncludePath)
                Add("--include_path", Short(path));
            Add("--data", evaluate.Data is { } data ? Short(data) : null);
            if (evaluate.ApplyChatTemplate)
                command.Add("--apply_chat_template");
            commands.Add(string.Join(' ', command));
        }

        commands.Add($"puzzle inspect {Quoted(Path.Combine(folder, "child"))}");
        commands.Add($"puzzle report {Quoted(folder)}");
        return commands;
    }

    // As it was most likely typed: below the current folder, without it.
    private static string Short(string path)
    {
        if (!Path.IsPathRooted(path))
            return path;
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("../..", StringComparison.Ordinal) ? path : relative;
    }

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "._-+/,=:@%".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
