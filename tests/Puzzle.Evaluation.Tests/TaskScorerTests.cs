using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Scoring;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;
using static TorchSharp.torch;

namespace Puzzle.Evaluation.Tests;

/// <summary>Scores of subblocks by a task, on the parent that ships.</summary>
public sealed class TaskScorerTests
{
    private const int Questions = 24;

    [Fact]
    public void AVariantScoresOnATaskAsARebuiltModelDoes()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var folder = Shared.Repository("models", "quickstart-parent");
        using var checkpoint = CheckpointFile.Open(folder);
        using var parent = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(folder);
        var tasks = new TaskLibrary().Select([Shared.Repository("models", "quickstart-parent", "validation-recall.jsonl"), Shared.Repository("models", "quickstart-parent", "validation-order.jsonl")]);
        var options = new EvaluationOptions { BootstrapResamples = 0, Prompts = new PromptOptions { Limit = Questions } };
        using var scorer = new ReplaceOneBlock(parent, tensor(Enumerable.Range(1, 64).Select(id => (long)id).ToArray()).view(2, 32), tasks: new TaskScorer(tokenizer, tasks, options));
        Subblock[] subblocks = [new NoOpSubblock(SubblockKind.Attention), parent.Blocks[5].FeedForward, new NoOpSubblock(SubblockKind.FeedForward)];

        var scores = scorer.ScoreAll(0, subblocks);
        double Wrong(Transformer model) => Evaluator.Evaluate(new TransformerScorer(model), tokenizer, tasks, options).Tasks.Average(task => 1 - task.Primary.Value);
        Assert.Equal(Wrong(parent), scorer.Unchanged.Task!.Value, 1e-12);
        Assert.InRange(scorer.Unchanged.Task.Error, 1e-3, 0.2);
        foreach (var (subblock, score) in subblocks.Zip(scores))
        {
            using var rebuilt = parent.Clone();
            rebuilt.Replace(0, subblock.Clone()).Dispose();
            Assert.Equal(Wrong(rebuilt), score.Task!.Value, 1e-12);
        }

        Assert.Contains(scores, score => score.Task!.Value != scorer.Unchanged.Task.Value);
        Assert.Equal(Wrong(parent), scorer.Unchanged.Task.Value, 1e-12);
    }
}
