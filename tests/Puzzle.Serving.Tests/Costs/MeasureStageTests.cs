using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Measurement.Tables;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;
using Puzzle.Serving.Costs;
using Puzzle.Serving.Costs.Roofline;

namespace Puzzle.Serving.Tests.Costs;

public sealed class MeasureStageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-measure-").FullName;

    [Fact]
    public void HardwareThatIsNotAtHandIsComputedAndSharedBetweenRuns()
    {
        foreach (var (output, hardware) in new[] { ("one", "h100-sxm"), ("two", "h100-sxm"), ("three", "l40s") })
            Run(output, new MeasureSection { Engine = MeasureEngine.Roofline, Hardware = hardware, Weights = ServedType.Fp8, Shared = Path.Combine(_folder, "shared") });

        Assert.Equal(Text("one", "costs.json"), Text("two", "costs.json"));
        Assert.NotEqual(Text("one", "costs.json"), Text("three", "costs.json"));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "shared")).Length);
        var table = CostTable.FromJson(Text("one", "costs.json"), "costs.json");
        Assert.Equal(("roofline", "NVIDIA H100 SXM 80 GB, computed from its profile", "fp8"), (table.Engine, table.Hardware, table.Dtype));
        Assert.Equal(table.ToJson(), CostCsv.Read(Text("one", "costs.csv"), "costs.csv").ToJson());
    }

    [Fact]
    public void AnImportedTableIsHeldAgainstTheMachineAndRefusedWhereItIsCutOff()
    {
        Run("one", new MeasureSection { Engine = MeasureEngine.Roofline, Hardware = "h100-sxm" });
        var imported = Path.Combine(_folder, "imported.csv");
        File.WriteAllText(imported, Text("one", "costs.csv"));
        var settings = new MeasureSection { Engine = MeasureEngine.Table, Table = imported };
        var warnings = Run("two", settings);
        Assert.Equal(Text("one", "costs.json"), Text("two", "costs.json"));
        Assert.Contains(warnings, warning => warning.Contains("its times are from 'NVIDIA H100 SXM 80 GB, computed from its profile'", StringComparison.Ordinal));
        File.WriteAllText(imported, Text("one", "costs.csv")[..^20]);
        Assert.Contains("cut off", Assert.Throws<BadInputException>(() => Run("three", settings)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Text(string output, string file) => File.ReadAllText(Path.Combine(_folder, output, "measure", file));

    private List<string> Run(string output, MeasureSection measure)
    {
        var screen = new Warnings();
        var recipe = new Recipe { Parent = Shared.Golden("families", "llama-gqa-llama3rope"), Measure = measure, Target = new() { Scenarios = [new Scenario { Batches = [1, 4], PromptTokens = 16, OutputTokens = 8 }] } };
        using var folder = RunFolder.Open(Path.Combine(_folder, output));
        using var run = new RunContext(recipe, folder, new RunProgress(screen), cancellation: TestContext.Current.CancellationToken);
        new Pipeline([new MeasureStage([new EngineCostEngine(), new RooflineCostEngine()])]).Run(run, new());
        return screen.Texts;
    }

    private sealed class Warnings : IProgressScreen
    {
        public List<string> Texts { get; } = [];

        public void StageBegan(string stage, string purpose)
        {
        }

        public void Update(ProgressSnapshot snapshot)
        {
        }

        public void StageEnded(string stage, TimeSpan took, bool reused)
        {
        }

        public void Line(string? stage, string text, bool warning)
        {
            if (warning)
                Texts.Add(text);
        }
    }
}
