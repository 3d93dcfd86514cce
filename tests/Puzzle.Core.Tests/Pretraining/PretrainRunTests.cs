using Puzzle.Core.Pretraining;
using Puzzle.Core.Recipes;
using Puzzle.Core.Stories;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Pretraining;

public sealed class PretrainRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-pretrain-").FullName;

    public PretrainRunTests()
    {
        Core.Runtime.Libtorch.Load();
        var texts = new StoryGenerator(1, StorySplit.Train).Stories().Take(50).Select(story => story.Text);
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), BpeTrainer.Train(texts, 300, [StoryCorpus.EndToken]));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AStoppedTrainingGoesOnToTheSameBytes()
    {
        var whole = new PretrainRun(Recipe("whole"), new RunProgress(), 1).Run(CancellationToken.None);
        var again = new PretrainRun(Recipe("again"), new RunProgress(), 1).Run(CancellationToken.None);
        Assert.Equal(whole.Loss, again.Loss);
        using (var enough = new CancellationTokenSource())
        {
            var progress = new RunProgress(new StopAfter(enough, tokens: 3 * 128));
            Assert.Throws<OperationCanceledException>(() => new PretrainRun(Recipe("stopped"), progress, 1).Run(enough.Token));
        }

        Assert.False(Directory.Exists(Path.Combine(_folder, "stopped")));
        var resumed = new PretrainRun(Recipe("stopped"), new RunProgress(), 1).Run(CancellationToken.None);
        Assert.Equal(whole.Steps, resumed.Steps);
        Assert.Equal(whole.Loss, resumed.Loss);
        foreach (var file in Directory.GetFiles(whole.Folder).Where(file => Path.GetFileName(file) != "README.md"))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(resumed.Folder, Path.GetFileName(file))));
    }

    private PretrainRecipe Recipe(string name) => new()
    {
        Output = Path.Combine(_folder, name),
        Tokenizer = Path.Combine(_folder, "tokenizer.json"),
        Threads = 1,
        Architecture = new() { Layers = 2, HiddenSize = 64, Heads = 4, KvHeads = 4, HeadDim = 8, IntermediateSize = 32, VocabSize = 300, MaxPositions = 128, LookBackHeads = 2 },
        Stories = new() { SequenceLength = 64, Documents = 10, ValidationQuestions = 10, TestQuestions = 10 },
        Train = new() { Tokens = 8 * 128, TokensPerStep = 128, EvaluateQuestions = 2 },
    };

    private sealed class StopAfter(CancellationTokenSource source, long tokens) : IProgressScreen
    {
        public void StageBegan(string stage, string purpose)
        {
        }

        public void Update(ProgressSnapshot snapshot)
        {
            if (snapshot.Done >= tokens)
                source.Cancel();
        }

        public void StageEnded(string stage, TimeSpan took, bool reused)
        {
        }

        public void Line(string? stage, string text, bool warning)
        {
        }
    }
}
