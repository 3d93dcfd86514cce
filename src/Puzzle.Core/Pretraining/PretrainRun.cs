using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Library;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Stories;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Text;

namespace Puzzle.Core.Pretraining;

/// <summary>
/// A training from recipe to model folder: states are saved on the way, so that a killed one goes on where it was and ends
/// with the same bytes; the finished folder appears whole, with its tokenizer, card and held-out questions.
/// </summary>
public sealed class PretrainRun
{
    private const int LossWindow = 200;
    private readonly PretrainRecipe _recipe;
    private readonly RunProgress _progress;
    private readonly int _threads;
    private readonly string _work;
    private readonly string _key;

    /// <param name="recipe">As read, paths absolute.</param>
    /// <param name="progress">Who is told.</param>
    /// <param name="threads">CPU threads.</param>
    public PretrainRun(PretrainRecipe recipe, RunProgress progress, int threads)
    {
        (_recipe, _progress, _threads) = (recipe, progress, threads);
        _work = recipe.Work ?? Path.TrimEndingDirectorySeparator(recipe.Output) + "-training";
        var key = new ContentKey().Add("seed", recipe.Seed).Add("architecture", recipe.Architecture)
            // How much is written beside the model does not change the model.
            .Add("stories", recipe.Stories with { Documents = 1, TrainDocuments = null, ValidationQuestions = 1, TestQuestions = 1 })
            .Add("train", recipe.Train with { CheckpointMinutes = 1, EvaluateEvery = 1, EvaluateQuestions = 1 });
        if (recipe.Tokenizer is { } tokenizer)
            key.AddFiles("tokenizer", tokenizer);
        _key = key.ToString();
    }

    /// <summary>Trains, or goes on, to the end.</summary>
    /// <exception cref="OperationCanceledException">The user had enough; the state is kept.</exception>
    public PretrainResult Run(CancellationToken cancellation)
    {
        using var folder = RunFolder.Open(_work);
        using var metrics = new MetricsFile(Path.Combine(_work, "metrics.jsonl"));
        using var clock = new StageClock(_work, _key, TimeProvider.System);
        _progress.BeginStage("pretrain", "train a parent on generated stories");
        var tokenizer = Tokenizer();
        using var pretrainer = new Pretrainer(tokenizer, _recipe, _threads);
        var states = new SavedStates(Path.Combine(_work, "states"), _key);
        try
        {
            var loss = Train(pretrainer, tokenizer, states, metrics, cancellation);
            var result = Finish(pretrainer, tokenizer, clock.Seconds / 60, loss);
            clock.Stop(finished: false);
            _progress.EndStage("pretrain", TimeSpan.FromMinutes(result.Minutes), reused: false);
            return result;
        }
        finally
        {
            clock.Stop(finished: false);
        }
    }

    private HuggingFaceTokenizer Tokenizer()
    {
        if (_recipe.Tokenizer is { } given)
            return HuggingFaceTokenizer.Parse(File.ReadAllText(given));
        var path = Path.Combine(_work, $"tokenizer-{_key}.json");
        if (!File.Exists(path))
            AtomicFile.WriteText(path, StoryCorpus.TrainTokenizer(_recipe));
        return HuggingFaceTokenizer.Parse(File.ReadAllText(path));
    }

    private double Train(Pretrainer pretrainer, ITokenizer tokenizer, SavedStates states, MetricsFile metrics, CancellationToken cancellation)
    {
        var (trainer, train) = (pretrainer.Trainer, _recipe.Train);
        var recent = new Queue<double>();
        if (states.Latest() is { } latest)
        {
            pretrainer.Load(latest.Folder, latest.Step);
            foreach (var value in AtomicFile.ReadJson<double[]>(Path.Combine(latest.Folder, "losses.json")))
                recent.Enqueue(value);
            _progress.Note(string.Create(CultureInfo.InvariantCulture, $"goes on after step {latest.Step:N0} of {trainer.Steps:N0}"));
        }

        var look = Questions(StorySplit.Validation, train.EvaluateQuestions).ToArray();
        _progress.Count(train.Tokens, "tokens", trainer.Step * train.TokensPerStep);
        var saved = TimeProvider.System.GetTimestamp();
        while (trainer.Step < trainer.Steps)
        {
            if (cancellation.IsCancellationRequested || TimeProvider.System.GetElapsedTime(saved).TotalMinutes >= train.CheckpointMinutes)
            {
                Save();
                saved = TimeProvider.System.GetTimestamp();
                cancellation.ThrowIfCancellationRequested();
            }

            var step = trainer.TrainStep();
            if (!double.IsFinite(step.Lm))
                throw new OutOfResourceException($"step {step.Step}: the loss is {step.Lm}; a lower learning rate would be right");
            recent.Enqueue(step.Lm);
            if (recent.Count > LossWindow)
                recent.Dequeue();
            _progress.Advance(step.Tokens, recent.Average());
            if (step.Step % 10 == 0)
                metrics.Write("pretrain", step.Step, ("loss", step.Lm), ("learning_rate", step.LearningRate));
            if (step.Step % train.EvaluateEvery == 0)
            {
                var accuracy = StoryAccuracy.Of(pretrainer.Model, tokenizer, look);
                metrics.Write("validation", step.Step, [.. accuracy.Select(pair => (pair.Key, pair.Value))]);
                _progress.Note(string.Create(CultureInfo.InvariantCulture, $"step {step.Step:N0}, loss {recent.Average():0.000}, validation {accuracy.Values.Average():P1}: {string.Join(", ", accuracy.Select(pair => $"{pair.Key} {pair.Value:P0}"))}"));
            }
        }

        Save();
        return recent.Average();

        void Save() => states.Save(trainer.Step, folder =>
        {
            pretrainer.Save(folder);
            AtomicFile.WriteJson(Path.Combine(folder, "losses.json"), recent.ToArray());
        });
    }

    private PretrainResult Finish(Pretrainer pretrainer, HuggingFaceTokenizer tokenizer, double minutes, double loss)
    {
        var (stories, trainer) = (_recipe.Stories, pretrainer.Trainer);
        var result = new PretrainResult(
            _recipe.Output, pretrainer.Model.ParameterCount, trainer.Step, trainer.Step * _recipe.Train.TokensPerStep, minutes, loss,
            StoryAccuracy.Of(pretrainer.Model, tokenizer, Questions(StorySplit.Validation, stories.ValidationQuestions)),
            StoryAccuracy.Of(pretrainer.Model, tokenizer, Questions(StorySplit.Test, stories.TestQuestions)));
        var named = pretrainer.Model.Named().ToArray();
        ChildFolderWriter.Write(_recipe.Output, pretrainer.Model.Config, TensorReader.Of(named), new ChildFolderOptions
        {
            Format = ChildFormat.Plain,
            Type = Enum.Parse<StoredType>(_recipe.StoredAs.ToString()),
            Files = new Dictionary<string, string> { ["README.md"] = ParentCard.Write(_recipe, result) },
            AddFiles = folder =>
            {
                tokenizer.Save(folder);
                // The trained tokenizer.json does not say which of its tokens ends a text.
                File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), $$"""{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false, "eos_token": "{{StoryCorpus.EndToken}}"}""" + "\n");
                StoryFiles.Write(folder, (ulong)_recipe.Seed, stories.Documents, stories.ValidationQuestions, stories.TestQuestions, stories.Difficulty, stories.TrainDocuments);
            },
        });
        AtomicFile.WriteJson(Path.Combine(_work, "result.json"), result);
        return result;
    }

    private IEnumerable<(string Kind, Question Question)> Questions(StorySplit split, int count)
    {
        var generator = new StoryGenerator((ulong)_recipe.Seed, split, _recipe.Stories.Difficulty);
        return Enum.GetValues<StoryTask>().SelectMany(task => generator.Questions(task).Take(count).Select(question => (StoryFiles.NameOf(task), question)));
    }
}
