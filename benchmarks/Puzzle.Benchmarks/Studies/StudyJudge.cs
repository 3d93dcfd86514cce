using Puzzle.Core.Checkpoints;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Models;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;
using Puzzle.Evaluation;
using Puzzle.Evaluation.Comparison;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Benchmarks.Studies;

/// <summary>
/// Judges the models of a study on its tasks and texts. Answers are kept question by question, verdicts model by model: an
/// interrupted study goes on where it was.
/// </summary>
internal sealed class StudyJudge : IDisposable
{
    private readonly BenchmarkContext _context;
    private readonly StudyPlan _plan;
    private readonly string _folder;
    private readonly string _settings;
    private readonly ICheckpoint _checkpoint;
    private readonly Lazy<Transformer> _parent;
    private readonly Lazy<ITokenizer> _tokenizer;
    private readonly Lazy<TaskSelection> _tasks;
    private EvaluationResult? _parentScores;

    /// <param name="folder">Where answers and verdicts are kept.</param>
    /// <param name="parent">The parent's path.</param>
    public StudyJudge(BenchmarkContext context, StudyPlan plan, string folder, string parent)
    {
        (_context, _plan, _folder) = (context, plan, folder);
        Core.Runtime.Libtorch.Load();
        _checkpoint = CheckpointFile.Open(parent);
        _parent = new(() => Frozen(_checkpoint));
        _tokenizer = new(() => Tokenizers.Load(_checkpoint.Path));
        _tasks = new(() => new TaskSelection([.. plan.Tasks.Select(Part)]));
        _settings = new ContentKey().Add("tasks", plan.Tasks).Add("limit", plan.Limit).Add("texts", plan.Texts).Add("tokens", plan.TextTokens).Add("window", plan.Window).Add("parent", _checkpoint.ContentHash).ToString()[..8];
    }

    /// <summary>The parent, loaded when first asked for.</summary>
    public Transformer Parent => _parent.Value;

    /// <summary>Judges a model, or reads what was found before.</summary>
    public JudgedModel Judge(string name, string path)
    {
        using var checkpoint = CheckpointFile.Open(path);
        var hash = checkpoint.ContentHash;
        var file = Path.Combine(_folder, "judged", $"{name.Replace(' ', '-')}-{hash[..12]}-{_settings}.json");
        if (AtomicFile.TryReadJson<JudgedModel>(file) is { } known)
            return known;
        using var model = Frozen(checkpoint);
        var texts = new Dictionary<string, TextComparison>();
        foreach (var (text, place) in _plan.Texts)
        {
            _context.Say($"{name}: {text}");
            var found = Divergence.Between(Parent, model, Ids(place), _plan.Window, _plan.Batch);
            texts[text] = new(found.ParentLoss, found.ChildLoss, found.Kl, found.KlStdErr, found.TopAgreement, found.Tokens);
        }

        _parentScores ??= Scores("parent", Parent, _checkpoint.ContentHash);
        var report = RecoveryReport.Compare(_parentScores, Scores(name, model, hash));
        var judged = new JudgedModel(
            name, model.BlockParameterCount, new ComparedChild(null, report, null).Tasks, report.Recovery, report.RecoveryInterval?.Lower, report.RecoveryInterval?.Upper, texts);
        AtomicFile.WriteJson(file, judged);
        return judged;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_parent.IsValueCreated)
            _parent.Value.Dispose();
        _checkpoint.Dispose();
    }

    private static Transformer Frozen(ICheckpoint checkpoint)
    {
        var model = ModelLoader.Load(checkpoint);
        model.RequireGrad(false);
        return model;
    }

    private EvaluationResult Scores(string name, Transformer model, string hash)
    {
        using var answers = new RememberingModel(new TransformerScorer(model), Path.Combine(_folder, "answers", $"{hash}.answers"));
        var told = new Told(_context, name);
        return Evaluator.Evaluate(answers, _tokenizer.Value, _tasks.Value, new EvaluationOptions { BatchSize = _plan.Batch, Prompts = new PromptOptions { Limit = _plan.Limit } }, told);
    }

    private TaskGroup.Part Part(string path)
    {
        if (!path.Contains('*', StringComparison.Ordinal))
            return new TaskLibrary().Select([_context.Shared(path.Split('/'))]).Parts[0];
        var pattern = Path.GetFileName(path);
        var files = Directory.GetFiles(_context.Shared(path.Split('/')[..^1]), pattern).Order(StringComparer.Ordinal);
        var name = pattern[..pattern.IndexOf('*', StringComparison.Ordinal)].TrimEnd('_', '-');
        return new TaskGroup.Part(new TaskGroup(name, name, "1", new TaskLibrary().Select(files).Parts, [new GroupAggregate("acc", WeightBySize: false, ["none"])]), null);
    }

    // The first tokens of the text and one more, the last target.
    private int[] Ids(string path)
    {
        const int charactersAToken = 16;
        var text = File.ReadAllText(_context.Shared(path.Split('/')));
        return [.. _tokenizer.Value.Encode(text[..Math.Min(text.Length, _plan.TextTokens * charactersAToken)], addSpecial: false).Take(_plan.TextTokens + 1)];
    }

    private sealed class Told(BenchmarkContext context, string name) : IProgress<EvaluationProgress>
    {
        private string? _task;

        public void Report(EvaluationProgress value)
        {
            if (value.Task == _task)
                return;
            _task = value.Task;
            context.Say($"{name}: {value.Task}");
        }
    }
}
