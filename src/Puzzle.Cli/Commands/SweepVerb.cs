using System.CommandLine;
using System.Globalization;
using Puzzle.Core.Errors;
using Puzzle.Core.Runs;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Files;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle sweep --library FILE --over QUANTITY</c>: a whole Pareto front in one call.</summary>
internal sealed class SweepVerb : Verb
{
    // The CSV has every stat; a terminal is only so wide.
    private static readonly string[] s_shown = ["num_params", "num_kv_heads", "has_attention", "runtime_ms", "memory_mib"];

    private readonly LibraryOptions _search = new();
    private readonly Option<string> _over = new("--over") { Description = "The quantity whose bound is swept, as limits name it: stats.runtime_ms, throughput, memory, params, ...", HelpName = "NAME", Required = true };
    private readonly Option<int> _points = new("--points") { Description = "How many bounds, evenly spaced.", HelpName = "N", DefaultValueFactory = _ => 20 };
    private readonly Option<string?> _from = new("--from") { Description = "The loosest bound. Default: what the best quality needs.", HelpName = "VALUE" };
    private readonly Option<string?> _to = new("--to") { Description = "The tightest bound. Default: the best that the library can reach.", HelpName = "VALUE" };
    private readonly Option<string?> _csv = new("--csv") { Description = "Write the table.", HelpName = "FILE" };
    private readonly Option<string?> _plot = new("--plot") { Description = "Draw the front, as SVG.", HelpName = "FILE" };

    public override string Name => "sweep";

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle sweep --library block_library.json --over stats.runtime_ms --points 50 --csv front.csv --plot front.svg",
        "puzzle sweep --library block_library.json --over stats.memory_mib --max stats.runtime_ms=60% --json",
    ];

    protected override Command Describe()
    {
        var command = new Command(Name, "Search a library at many bounds on one quantity: quality against throughput, memory or parameters.");
        _search.AddTo(command);
        foreach (var option in (Option[])[_over, _points, _from, _to, _csv, _plot])
            command.Add(option);
        return command;
    }

    protected override int Run(Session session, ParseResult parsed)
    {
        var library = _search.Library(parsed) ?? throw new RecipeException("sweep needs --library FILE");
        var problem = LibraryFile.Read(library);
        var query = _search.Query(parsed, problem);
        var over = parsed.GetValue(_over)!;
        LibraryOptions.CheckName(over, "--over", problem.Items.SelectMany(item => item.Costs.Keys).Select(column => column.Split('@')[0]).ToHashSet());
        var points = parsed.GetValue(_points);
        if (points is < 2 or > 10_000)
            throw new RecipeException($"--points {points}: right would be 2 to 10,000");
        var front = ParetoSweep.Run(problem, query, over, points, Bound(over, parsed.GetValue(_from), "--from"), Bound(over, parsed.GetValue(_to), "--to"), cancellation: session.Cancellation);
        var table = new SweepTable(front, query, over);
        var shown = new Table().Border(TableBorder.Simple);
        var columns = Enumerable.Range(0, table.Columns.Count).Where(c => c < table.KeyColumns || s_shown.Contains(table.Columns[c])).ToArray();
        shown.AddColumns([.. columns.Select(c => new TableColumn(Markup.Escape(table.Columns[c])).RightAligned())]);
        foreach (var row in table.Rows)
            shown.AddRow([.. columns.Select(c => row[c] is { } value ? value.ToString("#,0.####", CultureInfo.InvariantCulture) : "")]);
        session.Results.Write(shown);
        if (parsed.GetValue(_csv) is { } csv)
            AtomicFile.WriteText(csv, table.ToCsv());
        if (parsed.GetValue(_plot) is { } plot)
            AtomicFile.WriteText(plot, table.ToSvg());
        return session.Done(new
        {
            Status = "ok",
            Library = Path.GetFullPath(library),
            Over = over,
            Objective = query.Objective.Name,
            Seconds = front.Sum(point => point.Solution.Seconds),
            Points = front.Select(point => new
            {
                point.Bound,
                point.Reached,
                point.Solution.Status,
                point.Solution.Objective,
                point.Solution.Gap,
                point.Solution.Batches,
                point.Solution.Costs,
                Choice = point.Solution.Choice.Select(item => item.Id),
            }),
        });
    }

    private static double? Bound(string over, string? text, string option)
    {
        if (text is null)
            return null;
        var (value, basis) = LimitQuantity.Of(over).ParseBound(text);
        return basis == LimitBasis.Absolute ? value : throw new RecipeException($"{option} {text}: the ends of a sweep are in the quantity's own unit");
    }
}
