using System.CommandLine;
using System.Globalization;
using Puzzle.Core.Errors;
using Puzzle.Core.Search;

namespace Puzzle.Cli.Commands;

/// <summary>Options of the verbs that search a library file: objective, limits, pins, bans, batches.</summary>
internal sealed class LibraryOptions
{
    private readonly Option<string?> _library = new("--library") { Description = "A library with scores and costs: this tool's JSON, NVlabs' block_library.json, or a puzzletron folder.", HelpName = "FILE" };
    private readonly Option<string?> _objective = new("--objective") { Description = "The sum to make least. Default: metrics.kl_div.", HelpName = "METRIC" };
    private readonly Option<bool> _maximise = new("--maximise", "--maximize") { Description = "Make the objective greatest instead." };
    private readonly Option<string[]> _max = Repeated("--max", "An upper limit, for example --max stats.runtime_ms=39214.67, --max memory=8GiB, --max params=70%.", "NAME=VALUE");
    private readonly Option<string[]> _min = Repeated("--min", "A lower limit, for example --min throughput=1.5x.", "NAME=VALUE");
    private readonly Option<string[]> _pin = Repeated("--pin", "A layer's given choice: its id, a pattern with *, or parent.", "LAYER=ID");
    private readonly Option<string[]> _forbid = Repeated("--forbid", "Choices that are not allowed: a pattern with *, in all layers or in some: *ffn_no_op*@0-3.", "PATTERN");
    private readonly Option<string[]> _target = Repeated("--target", $"Keep to the rules of an engine: {string.Join(", ", ExportRule.All.Select(rule => rule.Target))}.", "ENGINE");
    private readonly Option<bool> _homogeneous = new("--homogeneous") { Description = "The same choice in all layers." };
    private readonly Option<string?> _scenario = new("--scenario") { Description = "The name of the scenario whose columns count (stat@NAME).", HelpName = "NAME" };
    private readonly Option<string?> _batches = new("--batches") { Description = "Batch sizes to try, for libraries with a column for each (stat@bN): 1,8,64.", HelpName = "N,N,..." };
    private readonly Option<int?> _batchCap = new("--batch-cap") { Description = "The most sequences at once; larger batches are not tried.", HelpName = "N" };
    private readonly Option<int> _prompt = new("--prompt-tokens") { Description = "Tokens of the prompt; total_throughput needs it.", HelpName = "N" };
    private readonly Option<int> _output = new("--output-tokens") { Description = "Generated tokens; throughput and tpot need it.", HelpName = "N" };
    private readonly Option<double> _gap = new("--gap") { Description = "Relative gap at which the search may stop; 0 proves the optimum.", HelpName = "GAP" };
    private readonly Option<double> _seconds = new("--seconds") { Description = "Most seconds for one solution.", HelpName = "S", DefaultValueFactory = _ => 600 };

    private IEnumerable<Option> All => [_library, _objective, _maximise, _max, _min, _pin, _forbid, _target, _homogeneous, _scenario, _batches, _batchCap, _prompt, _output, _gap, _seconds];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Add(option);
    }

    /// <summary>The library file, or null where none is given.</summary>
    public string? Library(ParseResult parsed) => parsed.GetValue(_library);

    /// <summary>The first of these options that is given, for errors where they have no meaning.</summary>
    public string? FirstGiven(ParseResult parsed) => All.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    /// <summary>The query, checked against what the library has.</summary>
    public SearchQuery Query(ParseResult parsed, PuzzleProblem problem)
    {
        var stats = problem.Items.SelectMany(item => item.Costs.Keys).Select(column => column.Split('@')[0]).ToHashSet();
        var limits = (parsed.GetValue(_max) ?? []).Select(text => LimitOf(text, "--max", lower: false, stats)).Concat((parsed.GetValue(_min) ?? []).Select(text => LimitOf(text, "--min", lower: true, stats))).ToArray();
        var scenario = parsed.GetValue(_scenario);
        var batches = Batches(parsed.GetValue(_batches));
        var (prompt, output) = (parsed.GetValue(_prompt), parsed.GetValue(_output));
        if (prompt < 0 || output < 0 || parsed.GetValue(_batchCap) is < 1)
            throw new RecipeException("--prompt-tokens, --output-tokens and --batch-cap must be positive numbers");
        if (!(parsed.GetValue(_gap) >= 0 && parsed.GetValue(_seconds) > 0))
            throw new RecipeException("--gap must be at least 0 and --seconds above 0");

        // Without anything that speaks of serving, limits are on the columns as they stand.
        var serving = scenario is not null || batches.Count > 0 || prompt > 0 || output > 0;
        return new SearchQuery
        {
            Objective = new Objective(parsed.GetValue(_objective) ?? "metrics.kl_div", parsed.GetValue(_maximise)),
            Limits = serving ? [] : limits,
            Scenarios = serving
                ? [new Scenario { Name = scenario ?? "", Batches = batches, MaxBatch = parsed.GetValue(_batchCap), PromptTokens = prompt, OutputTokens = output, Limits = limits }]
                : [],
            Pinned = (parsed.GetValue(_pin) ?? []).Select(Pin).ToDictionary(pin => pin.Layer, pin => pin.Id),
            Forbidden = [.. (parsed.GetValue(_forbid) ?? []).Select(Forbidden)],
            ExportRules = [.. (parsed.GetValue(_target) ?? []).Select(ExportRule.For)],
            Homogeneous = parsed.GetValue(_homogeneous),
            Gap = parsed.GetValue(_gap),
            MaxSeconds = parsed.GetValue(_seconds),
        };
    }

    private static Option<string[]> Repeated(string name, string description, string help) =>
        new(name) { Description = description + " May be given several times.", HelpName = help, Arity = ArgumentArity.OneOrMore, DefaultValueFactory = _ => [] };

    private static Limit LimitOf(string text, string option, bool lower, IReadOnlySet<string> stats)
    {
        var at = text.IndexOf('=');
        if (at <= 0)
            throw new RecipeException($"{option} '{text}': right would be NAME=VALUE, for example {option} stats.runtime_ms=39214.67");
        var name = text[..at];
        CheckName(name, option, stats);
        var (value, basis) = LimitQuantity.Of(name).ParseBound(text[(at + 1)..]);
        return lower ? Limit.Min(name, value, basis) : Limit.Max(name, value, basis);
    }

    /// <summary>Refuses the name of a quantity that is neither a friendly one nor a stat of the library.</summary>
    public static void CheckName(string name, string option, IEnumerable<string> stats)
    {
        var bare = LimitQuantity.Bare(name).Split('@')[0];
        var friendly = LimitQuantity.Friendly.Select(quantity => quantity.Name).ToArray();
        if (!friendly.Contains(bare) && !stats.Contains(bare))
            throw new RecipeException($"{option} '{name}': the library has no such stat{DidYouMean.Hint(bare, friendly.Concat(stats))}; it has {string.Join(", ", stats.Order(StringComparer.Ordinal))}; friendly names are {string.Join(", ", friendly)}");
    }

    private static (int Layer, string Id) Pin(string text) =>
        text.Split('=', 2) is [var layer, { Length: > 0 } id] && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? (index, id)
            : throw new RecipeException($"--pin '{text}': right would be LAYER=ID, for example --pin 0=parent");

    private static ForbiddenVariant Forbidden(string text)
    {
        var at = text.LastIndexOf('@');
        if (at < 0)
            return new ForbiddenVariant(text);
        var range = text[(at + 1)..].Split('-');
        return range.Length <= 2 && int.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) && int.TryParse(range[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? new ForbiddenVariant(text[..at], first, last)
            : throw new RecipeException($"--forbid '{text}': right would be PATTERN, PATTERN@LAYER or PATTERN@FIRST-LAST");
    }

    private static List<int> Batches(string? text)
    {
        if (text is null)
            return [];
        return [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var batch) && batch > 0
            ? batch
            : throw new RecipeException($"--batches '{text}': right would be whole numbers with commas, for example 1,8,64"))];
    }
}
