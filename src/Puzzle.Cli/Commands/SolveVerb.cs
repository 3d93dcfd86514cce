using System.CommandLine;
using System.Globalization;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Search.Files;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle solve RECIPE</c>, the stage, and <c>puzzle solve --library FILE</c>, the search on its own, without any model.</summary>
internal sealed class SolveVerb(IStage? stage) : Verb
{
    private readonly Argument<string?> _recipe = new("RECIPE") { Description = "The recipe whose stages are run until solve.", HelpName = "RECIPE", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> _set = Arguments.Set();
    private readonly Option<bool> _again = new("--again") { Description = "Do the stage again although its result is there." };
    private readonly LibraryOptions _search = new();
    private readonly Option<int> _solutions = new("--num-solutions") { Description = "Solutions to find, each different from those before.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _diversity = new("--min-diversity") { Description = "In how many layers two solutions must differ.", HelpName = "LAYERS", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _noBaselines = new("--no-baselines") { Description = "Leave out greedy, random, maximum parameters, homogeneous and no-op only." };
    private readonly Option<int> _seed = new("--seed") { Description = "Of the random baseline.", HelpName = "N" };
    private readonly Option<string?> _out = new("--out") { Description = "Write the result as JSON.", HelpName = "FILE" };

    public override string Name => "solve";

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle solve my.yaml",
        "puzzle solve --library block_library.json --max stats.runtime_ms=39214.67 --max stats.memory_mib=80000",
        "puzzle solve --library runs/my/solve/library.json --scenario default --batches 1,8,32 --output-tokens 128 --min throughput=2x",
        "puzzle solve --library block_library.json --max stats.memory_mib=85% --num-solutions 10 --min-diversity 20 --json",
    ];

    protected override Command Describe()
    {
        var command = new Command(Name, "Choose one variant a layer: the best quality within the limits. Of a recipe (stages before it are run where they are not done) or of a library file.") { _recipe, _set, _again };
        _search.AddTo(command);
        foreach (var option in (Option[])[_solutions, _diversity, _noBaselines, _seed, _out])
            command.Add(option);
        return command;
    }

    protected override int Run(Session session, ParseResult parsed)
    {
        var (recipe, library) = (parsed.GetValue(_recipe), _search.Library(parsed));
        if (recipe is null == library is null)
            throw new RecipeException(recipe is null ? "solve needs a recipe or --library FILE" : "solve takes a recipe or --library FILE, not both; with a recipe, limits are keys of its section target");
        if (recipe is not null)
        {
            if (_search.FirstGiven(parsed) is { } foreign)
                throw new RecipeException($"{foreign} goes with --library; with a recipe, limits are keys of its section target (--set target.scenarios...)");
            return StageVerb.Run(session, recipe, parsed.GetValue(_set) ?? [], stage?.Name ?? Name, parsed.GetValue(_again));
        }

        var (count, diversity) = (parsed.GetValue(_solutions), parsed.GetValue(_diversity));
        if (count < 1 || diversity < 1)
            throw new RecipeException("--num-solutions and --min-diversity must be at least 1");
        var problem = LibraryFile.Read(library!);
        var query = _search.Query(parsed, problem) with { SolutionCount = count, MinDiversity = diversity };
        var pool = ExactSolver.SolvePool(problem, query, session.Cancellation);
        var baselines = parsed.GetValue(_noBaselines) ? [] : BaselineSearch.Run(problem, query, Enum.GetValues<Baseline>(), (ulong)parsed.GetValue(_seed), session.Cancellation);
        var parent = problem.ParentCosts();
        var documents = pool.Select((solution, i) => SolutionDocument.Of(solution, query, parent, i == 0 ? baselines : [])).ToArray();
        Print(session.Results, pool, documents, query);
        var result = new { documents[0].Status, Library = Path.GetFullPath(library!), Layers = problem.LayerCount, documents[0].ObjectiveMetric, documents[0].Objective, documents[0].Bound, documents[0].RelaxationBound, documents[0].Gap, documents[0].Seconds, documents[0].Batches, documents[0].Costs, documents[0].ParentCosts, documents[0].Limits, documents[0].ShadowPrices, documents[0].Choice, documents[0].Baselines, Solutions = documents };
        if (parsed.GetValue(_out) is { } file)
            AtomicFile.WriteJson(file, result);
        return session.Done(result);
    }

    private static void Print(IAnsiConsole console, IReadOnlyList<PuzzleSolution> pool, SolutionDocument[] documents, SearchQuery query)
    {
        for (var i = 0; i < pool.Count; i++)
        {
            var (solution, document) = (pool[i], documents[i]);
            var differs = i == 0 ? "" : $", differs in {pool.Take(i).Min(solution.DistanceTo)} layers or more";
            console.WriteLine($"{(pool.Count > 1 ? $"solution {i + 1}: " : "")}{document.ObjectiveMetric} {Text(solution.Objective)} {document.Status.ToString().ToLowerInvariant()}, bound {Text(solution.Bound)}, gap {solution.Gap.ToString("0.##e0", CultureInfo.InvariantCulture)}, {solution.Seconds * 1000:0.0} ms{string.Concat(solution.Batches.Select(batch => $", batch {batch.Value}{(batch.Key.Length > 0 ? $" in {batch.Key}" : "")}"))}{differs}");
            if (document.Limits.Count > 0)
            {
                var limits = new Table().Border(TableBorder.Simple).AddColumns("limit", "bound", "child", "one more unit buys");
                foreach (var limit in document.Limits)
                    limits.AddRow(Markup.Escape((limit.Scenario.Length > 0 ? limit.Scenario + ": " : "") + limit.Limit), string.Join(" to ", new[] { limit.AtLeast, limit.AtMost }.OfType<double>().Select(bound => Text(bound))), $"{Markup.Escape(limit.Column)} {Text(limit.Used)}", limit.ShadowPrice == 0 ? "nothing" : Text(limit.ShadowPrice));
                console.Write(limits);
            }

            var choice = new Table().Border(TableBorder.Simple).AddColumns("layers", "choice", "score");
            foreach (var (first, last, id, score) in RunsOf(document.Choice))
                choice.AddRow(first == last ? $"{first}" : $"{first}-{last}", Markup.Escape(id), Text(score));
            console.Write(choice);
        }

        if (documents[0].Baselines.Count == 0)
            return;
        var others = new Table().Border(TableBorder.Simple).AddColumns("chosen by", query.Objective.Name, "remark");
        others.AddRow("the search", Text(pool[0].Objective), "");
        foreach (var baseline in documents[0].Baselines)
            others.AddRow(BaselineSearch.NameOf(baseline.Baseline), baseline.Objective is { } sum ? Text(sum) : "none", Markup.Escape(baseline.Remark));
        console.Write(others);
    }

    // Neighbours with the same choice share a line.
    private static IEnumerable<(int First, int Last, string Id, double Score)> RunsOf(IReadOnlyList<ChoiceLine> choice)
    {
        for (var i = 0; i < choice.Count;)
        {
            var end = i + 1;
            while (end < choice.Count && choice[end].Id == choice[i].Id && choice[end].Layers == 1 && choice[i].Layers == 1)
                end++;
            yield return (choice[i].Layer, choice[end - 1].Layer + choice[end - 1].Layers - 1, choice[i].Id + (choice[i].Parent ? " (parent)" : ""), choice.Skip(i).Take(end - i).Sum(line => line.Score ?? 0));
            i = end;
        }
    }

    private static string Text(double value) => value.ToString("#,0.######", CultureInfo.InvariantCulture);
}
