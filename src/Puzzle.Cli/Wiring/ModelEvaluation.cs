using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;
using Puzzle.Evaluation;
using Puzzle.Evaluation.Comparison;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;
using TorchSharp;

namespace Puzzle.Cli.Wiring;

/// <summary>Evaluates a model on tasks, beside its parent where that is named; prints tables, writes the harness's files.</summary>
internal sealed class ModelEvaluation(Session session)
{
    public required string Model { get; init; }

    public string? Parent { get; init; }

    public IReadOnlyList<string> Tasks { get; init; } = [];

    public IReadOnlyList<string> IncludePath { get; init; } = [];

    public string? Data { get; init; }

    public required EvaluationOptions Options { get; init; }

    public bool AppliesChatTemplate { get; init; }

    public int? MaxLength { get; init; }

    public string? Output { get; init; }

    public bool LogsSamples { get; init; }

    public string? Text { get; init; }

    public int Tokens { get; init; }

    public int Window { get; init; }

    public string? Metric { get; init; }

    public string Device { get; init; } = "cpu";

    public int Threads { get; init; }

    private TextWriter Writer => session.Json ? session.Error : session.Output;

    public int Run()
    {
        var library = new TaskLibrary(IncludePath, new DatasetFolders(Data));
        if (Tasks is ["list"])
            return List(library);
        if (Tasks.Count == 0)
            throw new RecipeException($"--tasks is missing; name tasks ('--tasks list' lists them) or files");
        var selection = library.Select(Tasks);
        Core.Runtime.Libtorch.Load();
        torch.set_num_threads(Threads > 0 ? Threads : Environment.ProcessorCount);
        using var checkpoint = CheckpointFile.Open(Model);
        var tokenizer = Tokenizers.Load(checkpoint.Path);
        var chat = AppliesChatTemplate ? ChatTemplate.Of(tokenizer) ?? throw new BadInputException($"{Model}: the model has no chat template; leave --apply_chat_template out") : null;
        var options = chat is null ? Options : Options with { Prompts = Options.Prompts with { ChatTemplate = new ChatPrompt(chat).Render } };
        using var model = Load(checkpoint);
        session.Progress.BeginStage("evaluate", "tasks");
        return Parent is null
            ? Alone(selection, options, model, tokenizer)
            : Beside(selection, options, model, tokenizer);
    }

    private int List(TaskLibrary library)
    {
        var (groups, tasks) = (library.NamesOf(groups: true), library.NamesOf(groups: false));
        Writer.WriteLine($"groups and tags: {string.Join(", ", groups)}");
        Writer.WriteLine($"tasks: {string.Join(", ", tasks)}");
        return session.Done(new { Status = "ok", Groups = groups, Tasks = tasks });
    }

    private int Alone(TaskSelection selection, EvaluationOptions options, Transformer model, ITokenizer tokenizer)
    {
        session.Progress.Count(1000L * selection.Tasks.Count, "parts");
        var start = DateTimeOffset.Now;
        var result = Evaluator.Evaluate(new TransformerScorer(model, MaxLength), tokenizer, selection, options, new Told(value => Tell("", value, 0)), session.Cancellation);
        session.CloseScreen();
        Writer.Write(ResultsTable.Render(result));
        var files = Write(Model, result, options, start, tokenizer);
        return session.Done(new { Status = "ok", Model, Seconds = result.Elapsed.TotalSeconds, Results = Numbers(result), Files = files });
    }

    private int Beside(TaskSelection selection, EvaluationOptions options, Transformer child, ITokenizer tokenizer)
    {
        using var parentFile = CheckpointFile.Open(Parent!);
        if (parentFile.Config.VocabSize != child.Config.VocabSize)
            throw new BadInputException($"{Parent}: the vocabulary has {parentFile.Config.VocabSize} tokens, that of {Model} {child.Config.VocabSize}; a child shares its parent's");
        using var parent = Load(parentFile);
        session.Progress.Count(2000L * selection.Tasks.Count, "parts");
        var start = DateTimeOffset.Now;
        var comparison = new ModelComparison(parent, tokenizer, new ComparisonOptions
        {
            Tasks = selection,
            Evaluation = options,
            MaxLength = MaxLength,
            Recovery = new RecoveryOptions { Metric = Metric },
        });
        var compared = comparison.Compare(child, (who, value) => Tell(who, value, who == "parent" ? 0 : 1), session.Cancellation);
        var (before, after, report) = (comparison.Parent(), compared.Result!, compared.Recovery!);
        var ids = Ids(tokenizer, before);
        var window = Math.Min(Window, ids.Length - 1);
        var text = window < 2 ? null : Divergence.Between(parent, child, ids, window, options.BatchSize, session.Cancellation);
        session.CloseScreen();
        Writer.WriteLine($"parent {Parent}");
        Writer.Write(ResultsTable.Render(before));
        Writer.WriteLine($"\nchild {Model}");
        Writer.Write(ResultsTable.Render(after));
        Writer.WriteLine();
        Writer.Write(ResultsTable.Render(report));
        if (report.AverageRecovery is { } average)
            Writer.WriteLine($"mean of the child's scores over the parent's: {100 * average:0.0} %");
        if (text is not null)
            Writer.WriteLine($"KL(parent || child) {text.Kl:0.00000} nats a token, top-1 agreement {100 * text.TopAgreement:0.00} %, loss {text.ChildLoss:0.0000} (parent {text.ParentLoss:0.0000}); {text.Tokens:N0} tokens of {Text ?? "the tasks' own prompts and answers"}");
        var files = Write(Parent!, before, options, start, tokenizer).Concat(Write(Model, after, options, start, tokenizer)).ToList();
        var recovery = Recovery(report, text);
        if (Output is not null)
        {
            files.Add(Path.Combine(Output, Describe(Model, options, start, tokenizer).SanitisedModel, $"recovery_{Describe(Model, options, start, tokenizer).Stamp}.json"));
            AtomicFile.WriteJson(files[^1], recovery);
        }

        return session.Done(new { Status = "ok", Model, Parent, Seconds = (DateTimeOffset.Now - start).TotalSeconds, Results = Numbers(after), ParentResults = Numbers(before), Recovery = recovery, Files = files });
    }

    private Transformer Load(ICheckpoint checkpoint)
    {
        var model = ModelLoader.Load(checkpoint, new torch.Device(Device));
        model.RequireGrad(false);
        return model;
    }

    // The named text, or what the tasks ask with the right answers: one id more than whole windows.
    private int[] Ids(ITokenizer tokenizer, EvaluationResult result)
    {
        if (Text is not null && !File.Exists(Text))
            throw new BadInputException($"{Text}: no such text file");
        var text = Text is not null ? File.ReadAllText(Text) : string.Join("\n\n", result.Tasks.SelectMany(task => task.Samples).Select(sample => sample.Document).SelectMany(document => document.Requests switch
        {
            _ when document.Gold is [var gold, ..] && gold < document.Requests.Count && document.Requests[gold] is ContinuationRequest right => new[] { right.Context + right.Continuation },
            [ContinuationRequest only] => [only.Context + only.Continuation],
            [RollingRequest rolling] => [rolling.Text],
            [GenerateRequest generate] => [generate.Context],
            _ => [],
        }));
        var ids = tokenizer.Encode(text);
        return ids[..Math.Min(ids.Length, Tokens + 1)];
    }

    private List<string> Write(string model, EvaluationResult result, EvaluationOptions options, DateTimeOffset start, ITokenizer tokenizer)
    {
        if (Output is null)
            return [];
        var run = Describe(model, options, start, tokenizer);
        var files = new List<string> { ResultsFile.Write(Output, result, run) };
        if (LogsSamples)
            files.AddRange(result.Tasks.Select(task => SampleLines.Write(Output, task, run)));
        return files;
    }

    private RunDescription Describe(string model, EvaluationOptions options, DateTimeOffset start, ITokenizer tokenizer) => new()
    {
        Model = model,
        Options = options,
        Start = start,
        ChatTemplate = AppliesChatTemplate ? tokenizer.ChatTemplate : null,
        Environment = new Dictionary<string, object?>(StringComparer.Ordinal) { ["device"] = Device, ["engine"] = "torch" },
    };

    private static Dictionary<string, object> Numbers(EvaluationResult result)
    {
        var numbers = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var (name, metrics) in result.Groups.Select(group => (group.Name, group.Metrics)).Concat(result.Tasks.Select(task => (task.Name, task.Metrics))))
            numbers[name] = metrics.Select(metric => new { metric.Metric, metric.Filter, metric.Value, metric.StdErr }).ToArray();
        return numbers;
    }

    private static object Recovery(RecoveryReport report, Divergence? text) => new
    {
        report.Recovery,
        RecoveryLow = report.RecoveryInterval?.Lower,
        RecoveryHigh = report.RecoveryInterval?.Upper,
        report.RecoveryAboveChance,
        report.AverageRecovery,
        report.ParentAverage,
        report.ChildAverage,
        Tasks = report.Tasks.Select(task => new { task.Task, task.Metric, task.Documents, task.Parent, task.ParentError, task.Child, task.ChildError, task.Chance, task.Recovery, Low = task.RecoveryInterval?.Lower, High = task.RecoveryInterval?.Upper, task.RecoveryAboveChance }),
        Text = text is null ? null : new { text.Kl, KlError = text.KlStdErr, text.TopAgreement, text.ParentLoss, text.ChildLoss, text.Tokens },
    };

    private void Tell(string who, EvaluationProgress value, int before) =>
        session.Progress.Advance((1000L * ((before * value.TaskCount) + value.TaskIndex)) + (1000L * value.Done / Math.Max(1, value.Total)), what: who.Length == 0 ? value.Task : $"{who}, {value.Task}");

    private sealed class Told(Action<EvaluationProgress> tell) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => tell(value);
    }
}
