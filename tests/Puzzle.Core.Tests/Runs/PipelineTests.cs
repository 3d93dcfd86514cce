using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;

namespace Puzzle.Core.Tests.Runs;

public sealed class PipelineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-pipeline-").FullName;
    private readonly Recipe _recipe = new() { Parent = "none" };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Writes one file that says what it read, and counts how often it was asked to.</summary>
    private sealed class Step(string name, string[] needs, Func<Recipe, object> part, Action<StageContext>? extra = null) : IStage
    {
        public int Runs { get; private set; }

        public string Name => name;

        public string Purpose => $"does {name}";

        public int Version { get; set; } = 1;

        public IReadOnlyList<string> Needs => needs;

        public void AddInputs(ContentKey key, RunContext run) => key.Add("part", RecipeJson.Canonical(part(run.Recipe)));

        public StageEstimate Estimate(RunContext run) => new(TimeSpan.FromSeconds(1), 10);

        public void Run(StageContext stage)
        {
            Runs++;
            var text = string.Join("", needs.Select(need => File.ReadAllText(stage.FileOf(need, "out.txt")))) + $"{name}({RecipeJson.Canonical(part(stage.Recipe))})";
            AtomicFile.WriteText(stage.File("out.txt"), text);
            extra?.Invoke(stage);
        }
    }

    private static Step[] Steps(Action<StageContext>? inSolve = null) =>
    [
        new("distill", [], r => r.Distill.LearningRate),
        new("measure", [], r => r.Measure.Repeats),
        new("solve", ["distill", "measure"], r => r.Target, inSolve),
        new("heal", ["solve"], r => r.Heal.LearningRate),
    ];

    private IReadOnlyList<string> Run(Step[] steps, Recipe recipe, PipelineOptions? options = null, CancellationTokenSource? source = null)
    {
        using var folder = RunFolder.Open(_folder);
        using var run = new RunContext(recipe, folder, new RunProgress(), cancellation: source?.Token ?? TestContext.Current.CancellationToken);
        return new Pipeline(steps).Run(run, options ?? new());
    }

    [Fact]
    public void ASecondRunDoesNothing()
    {
        Assert.Equal(["distill", "measure", "solve", "heal"], Run(Steps(), _recipe));
        Assert.Empty(Run(Steps(), _recipe));
    }

    [Fact]
    public void AChangedLimitRedoesOnlySolveAndLater()
    {
        Run(Steps(), _recipe);
        var tighter = _recipe with { Target = new() { Scenarios = [new() { Limits = new() { Speedup = 2 } }] } };
        Assert.Equal(["solve", "heal"], Run(Steps(), tighter));
        Assert.Empty(Run(Steps(), tighter));
    }

    [Fact]
    public void AnotherVersionOfAStageIsRunAgainAndItsEqualResultCostsNothingMore()
    {
        Run(Steps(), _recipe);
        var steps = Steps();
        steps[0].Version = 2;
        Assert.Equal(["distill"], Run(steps, _recipe));
    }

    [Fact]
    public void AMissingOrCutArtefactIsMadeAgain()
    {
        Run(Steps(), _recipe);
        File.Delete(Path.Combine(_folder, "measure", "out.txt"));
        Assert.Equal(["measure"], Run(Steps(), _recipe));
        File.WriteAllText(Path.Combine(_folder, "heal", "out.txt"), "");
        Assert.Equal(["heal"], Run(Steps(), _recipe));
    }

    [Fact]
    public void AStageThatFailsLeavesThoseBeforeItDone()
    {
        var failing = Steps(_ => throw new InfeasibleException("no"));
        Assert.Throws<InfeasibleException>(() => Run(failing, _recipe));
        Assert.Equal(["solve", "heal"], Run(Steps(), _recipe));
    }

    [Fact]
    public void AnInterruptedStageIsNotDone()
    {
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run(Steps(_ => source.Cancel()), _recipe, source: source));
        Assert.Equal(["solve", "heal"], Run(Steps(), _recipe));
    }

    [Fact]
    public void FromDoesAStageAndAllAfterItAgain()
    {
        Run(Steps(), _recipe);
        Assert.Equal(["solve", "heal"], Run(Steps(), _recipe, new() { From = "solve" }));
        Assert.Equal(["solve"], Run(Steps(), _recipe, new() { From = "solve", Until = "solve" }));
    }

    [Fact]
    public void FromNeedsTheStagesBeforeIt()
    {
        var error = Assert.Throws<RecipeException>(() => Run(Steps(), _recipe, new() { From = "solve" }));
        Assert.Contains("distill has no result", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UntilStopsAfterAStage()
    {
        Assert.Equal(["distill", "measure"], Run(Steps(), _recipe, new() { Until = "measure" }));
        Assert.False(Directory.Exists(Path.Combine(_folder, "solve")));
    }

    [Fact]
    public void AWrongStageNameIsCorrected()
    {
        var error = Assert.Throws<RecipeException>(() => Run(Steps(), _recipe, new() { Until = "sovle" }));
        Assert.Contains("did you mean 'solve'?", error.Message, StringComparison.Ordinal);
        Assert.Throws<RecipeException>(() => Run(Steps(), _recipe, new() { From = "heal", Until = "solve" }));
    }

    [Fact]
    public void APlanTellsWhatWouldRunAndWhy()
    {
        var steps = Steps();
        IReadOnlyList<StagePlan> Plan(Recipe recipe)
        {
            using var run = new RunContext(recipe, RunFolder.View(_folder), new RunProgress(), cancellation: TestContext.Current.CancellationToken);
            return new Pipeline(steps).Plan(run, new());
        }

        Assert.All(Plan(_recipe), plan => Assert.Equal(StageState.Run, plan.State));
        Run(steps, _recipe);
        Assert.All(Plan(_recipe), plan => Assert.Equal(StageState.Done, plan.State));
        var changed = Plan(_recipe with { Measure = new() { Repeats = 9 } });
        Assert.Equal(["done", "its inputs changed", "needs measure", "needs solve"], changed.Select(plan => plan.Reason));
        Assert.Equal(4, steps.Sum(step => step.Runs));
    }

    [Fact]
    public void TwoProcessesDoNotShareARunFolder()
    {
        using var first = RunFolder.Open(_folder);
        Assert.Throws<OutOfResourceException>(() => RunFolder.Open(_folder));
    }

    [Fact]
    public void HalfWrittenFilesOfAKilledProcessAreCleared()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "distill"));
        File.WriteAllText(Path.Combine(_folder, "distill", "x.json.abc.tmp"), "half");
        RunFolder.Open(_folder).Dispose();
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void UnitsOfWorkOutliveAFailureAndLeftoversGo()
    {
        var made = new List<string>();
        void Units(StageContext stage, string[] names, bool fail)
        {
            foreach (var name in names)
            {
                var unit = stage.Unit($"layer-0/{name}", new ContentKey().Add("name", name));
                if (!unit.IsDone)
                {
                    made.Add(name);
                    AtomicFile.WriteText(unit.File(".txt"), name);
                    unit.Done(new { Loss = 0.5 });
                }

                Assert.Single(unit.Files);
            }

            if (fail)
                throw new OutOfResourceException("disk full");
        }

        Assert.Throws<OutOfResourceException>(() => Run(Steps(s => Units(s, ["a", "b"], true)), _recipe));
        Run(Steps(s => Units(s, ["a", "c"], false)), _recipe);
        Assert.Equal(["a", "b", "c"], made);
        Assert.False(File.Exists(Path.Combine(_folder, "solve", "layer-0", "b.txt")));
        Assert.True(File.Exists(Path.Combine(_folder, "solve", "layer-0", "a.txt")));
        Assert.Empty(Run(Steps(s => Units(s, ["a", "c"], false)), _recipe));
    }

    [Fact]
    public void MinutesBecomeTokensOnce()
    {
        var budgets = new List<long>();
        var speed = 1000.0;
        var training = new HealSection { Minutes = 2, TokensPerStep = 1000 };
        Step[] Once(bool fail) => [new("heal", [], r => 1, stage =>
        {
            budgets.Add(TokenBudget.Settle(stage, "budget", training, 5, () => speed).Tokens);
            if (fail)
                throw new OutOfResourceException("disk full");
        })];
        Assert.Throws<OutOfResourceException>(() => Run(Once(true), _recipe));
        speed = 500;
        Run(Once(false), _recipe);
        Assert.Equal([120_000, 120_000], budgets);
    }

    [Fact]
    public void OnlyTheTwoNewestWholeStatesAreKept()
    {
        Step[] once = [new("heal", [], r => 1, stage =>
        {
            var states = stage.States("loop", new ContentKey().Add("a", 1));
            Assert.Null(states.Latest());
            foreach (var step in new[] { 10, 20, 30 })
                states.Save(step, folder => File.WriteAllText(Path.Combine(folder, "state"), $"{step}"));
            Directory.CreateDirectory(Path.Combine(stage.Folder, "states", "loop", "step-40"));
            var (latest, path) = states.Latest()!.Value;
            Assert.Equal(30, latest);
            Assert.Equal("30", File.ReadAllText(Path.Combine(path, "state")));
            Assert.Null(stage.States("loop", new ContentKey().Add("a", 2)).Latest());
            states.Save(50, _ => { });
            Assert.Equal(["step-30", "step-50"], Directory.EnumerateDirectories(Path.Combine(stage.Folder, "states", "loop")).Select(Path.GetFileName).Order());
            states.Clear();
        })];
        Run(once, _recipe);
    }
}
