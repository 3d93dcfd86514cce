using Puzzle.Core.Telemetry;

namespace Puzzle.Core.Tests.Telemetry;

public sealed class MetricsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-metrics-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ALineThatAKillCutShortIsDroppedAndRepeatedStepsCountOnce()
    {
        var path = Path.Combine(_folder, "metrics.jsonl");
        using (var metrics = new MetricsFile(path))
        {
            metrics.Write("heal", 1, ("loss", 3));
            metrics.Write("heal", 2, ("loss", 2), ("kl", double.NaN));
        }

        File.AppendAllText(path, "{\"time\":1,\"heal/st");
        using (var metrics = new MetricsFile(path))
        {
            metrics.Write("heal", 2, ("loss", 1.5));
            metrics.Write("distill", 7, ("loss", 9));
        }

        Assert.Equal([(1L, 3.0), (2L, 1.5)], MetricsFile.Read(path, "heal", "loss"));
        Assert.Empty(MetricsFile.Read(path, "heal", "kl"));
        Assert.Equal(4, File.ReadAllLines(path).Length);
    }

    [Fact]
    public void TensorBoardFilesAreWrittenWhereAskedFor()
    {
        using (var metrics = new MetricsFile(Path.Combine(_folder, "m.jsonl"), Path.Combine(_folder, "board")))
            metrics.Write("heal", 1, ("loss", 3));
        Assert.Contains(Directory.EnumerateFiles(Path.Combine(_folder, "board")), file => Path.GetFileName(file).Contains("tfevents", StringComparison.Ordinal));
    }

    private sealed class Recorder : IProgressScreen
    {
        public List<ProgressSnapshot> Seen { get; } = [];

        public void StageBegan(string stage, string purpose)
        {
        }

        public void Update(ProgressSnapshot snapshot) => Seen.Add(snapshot);

        public void StageEnded(string stage, TimeSpan took, bool reused)
        {
        }

        public void Line(string? stage, string text, bool warning)
        {
        }
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }

    [Fact]
    public void RateAndEtaFollowTheLastSecondsAndIgnoreWhatWasDoneBefore()
    {
        var (screen, clock) = (new Recorder(), new Clock());
        var progress = new RunProgress(screen, clock);
        progress.BeginStage("heal", "");
        progress.Count(1000, "tokens", done: 400);
        clock.Now = 10;
        progress.Advance(500, loss: 0.5, what: "step 5");
        var seen = screen.Seen[^1];
        Assert.Equal(("heal", "step 5", 500, 1000, 10.0, 0.5), (seen.Stage, seen.What, seen.Done, seen.Total, seen.Rate, seen.Loss));
        Assert.Equal(TimeSpan.FromSeconds(50), seen.Eta);
    }
}
