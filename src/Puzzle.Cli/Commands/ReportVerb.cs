using System.CommandLine;
using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Reports;
using Puzzle.Core.Runs;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle report RUN [OTHER]</c>: renders a run's report again, or compares two runs.</summary>
internal sealed class ReportVerb : Verb
{
    private readonly Argument<string[]> _runs = new("RUN") { Description = "A run folder; two of them are compared.", Arity = new ArgumentArity(1, 2) };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "The HTML file; a name in .md asks for a Markdown document. Default: report.html in the run folder, comparison.html in the current one.", HelpName = "FILE" };

    public override string Name => "report";

    public override IReadOnlyList<string> Examples => ["puzzle report runs/quickstart", "puzzle report runs/a runs/b -o comparison.html", "puzzle report runs/quickstart -o docs/results/quickstart.md"];

    protected override Command Describe() => new(Name, "Write the report of a run, or compare two runs.") { _runs, _output };

    protected override int Run(Session session, ParseResult parsed)
    {
        var runs = parsed.GetValue(_runs)!;
        var data = runs.Select(Read).ToList();
        var output = Path.GetFullPath(parsed.GetValue(_output) ?? (data.Count == 1 ? Path.Combine(runs[0], "report.html") : "comparison.html"));
        var markdown = output.EndsWith(".md", StringComparison.OrdinalIgnoreCase);
        if (markdown && data.Count > 1)
            throw new RecipeException($"--output {output}: a comparison is an HTML page; name a file in .html");
        AtomicFile.WriteText(output, markdown ? MarkdownReport.Render(data[0]) : data.Count == 1 ? HtmlReport.Render(data[0]) : CompareReport.Render(data[0], data[1]));
        session.Results.WriteLine(output);
        return session.Done(new { Status = "ok", Report = output });
    }

    private static ReportData Read(string run)
    {
        var path = Path.Combine(run, "report", "report.json");
        if (!File.Exists(path))
            throw new BadInputException($"{run}: no report/report.json in it; it is the folder of a finished run that is wanted");
        try
        {
            return ReportData.FromJson(File.ReadAllText(path));
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{path}: not of the expected form: {e.Message}", e);
        }
    }
}
