using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Errors;
using Puzzle.Core.Runs;
using Puzzle.Evaluation;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Cli.Commands;

/// <summary>
/// <c>puzzle evaluate MODEL --tasks ...</c>: lm-evaluation-harness's tasks on a model, and what it keeps of its parent;
/// <c>puzzle evaluate RECIPE</c>: the stage of a run.
/// </summary>
internal sealed class EvaluateVerb(IStage stage) : Verb
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A model: a folder, a GGUF file, or a hub id in the local cache. Or a recipe (YAML): its stage.", HelpName = "MODEL" };
    private readonly Option<string[]> _tasks = Many("Tasks, groups, tags, patterns, or files (YAML of the harness, JSONL of context, choices and gold); separated by commas. 'list' lists them.", "TASKS", "--tasks", "-t");
    private readonly Option<string?> _parent = new("--parent") { Description = "The model it was made from: prints what is kept of it, with intervals, KL and top-1 agreement.", HelpName = "MODEL" };
    private readonly Option<int?> _shots = new("--num_fewshot", "--num-fewshot", "-f") { Description = "Solved cases in front of each question. Default: as the task says.", HelpName = "N" };
    private readonly Option<int?> _limit = new("--limit", "-L") { Description = "The first N documents of each task.", HelpName = "N" };
    private readonly Option<int> _batch = new("--batch_size", "--batch-size", "-b") { Description = "Sequences computed at once: bounds memory, never changes results.", HelpName = "N", DefaultValueFactory = _ => 16 };
    private readonly Option<int?> _length = new("--max_length", "--max-length") { Description = "Tokens of a sequence at most. Default: what the model was trained for.", HelpName = "TOKENS" };
    private readonly Option<string?> _output = new("--output_path", "--output-path", "-o") { Description = "A folder for results_*.json.", HelpName = "DIR" };
    private readonly Option<bool> _samples = new("--log_samples", "--log-samples", "-s") { Description = "Write samples_*.jsonl too: every document with its requests and answers." };
    private readonly Option<bool> _chat = new("--apply_chat_template", "--apply-chat-template") { Description = "Prompts go through the model's chat template." };
    private readonly Option<bool?> _multiturn = new("--fewshot_as_multiturn", "--fewshot-as-multiturn") { Description = "Solved cases are turns of the chat. Default with a chat template." };
    private readonly Option<string?> _system = new("--system_instruction", "--system-instruction") { Description = "A system message in front of everything.", HelpName = "TEXT" };
    private readonly Option<string[]> _include = Many("Folders with more task files.", "DIR", "--include_path", "--include-path");
    private readonly Option<string?> _data = new("--data") { Description = "A folder with the data sets of the tasks. Default: the hub's local cache.", HelpName = "DIR" };
    private readonly Option<int> _seed = new("--fewshot_seed", "--fewshot-seed") { Description = "Seed of the draw of solved cases.", HelpName = "N", DefaultValueFactory = _ => PromptOptions.DefaultFewShotSeed };
    private readonly Option<string?> _text = new("--text") { Description = "Held-out text for KL and top-1 agreement with the parent. Default: the tasks' own prompts with the right answers.", HelpName = "FILE" };
    private readonly Option<int> _tokens = new("--tokens") { Description = "Tokens of that text.", HelpName = "N", DefaultValueFactory = _ => 32_768 };
    private readonly Option<int> _window = new("--window") { Description = "Tokens of a window of it, each alone from position 0.", HelpName = "N", DefaultValueFactory = _ => 256 };
    private readonly Option<string?> _metric = new("--metric") { Description = "The metric by which recovery counts a task where it has it. Default: acc_norm, else acc.", HelpName = "NAME" };
    private readonly Option<string> _device = new("--device") { Description = "Where tensors live.", HelpName = "DEVICE", DefaultValueFactory = _ => "cpu" };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads of libtorch; 0: all cores.", HelpName = "N", DefaultValueFactory = _ => 0 };
    private readonly Option<string[]> _set = Arguments.Set();
    private readonly Option<bool> _again = new("--again") { Description = "With a recipe: do the stage again although its result is there." };

    public override string Name => "evaluate";

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle evaluate path/to/model --tasks hellaswag,arc_easy --limit 400 --data data",
        "puzzle evaluate runs/quickstart/child --parent path/to/parent --tasks questions.jsonl --text held-out.txt",
        "puzzle evaluate path/to/model --tasks my_task.yaml --num_fewshot 5 --output_path results --log_samples",
        "puzzle evaluate my.yaml --again",
    ];

    protected override Command Describe()
    {
        var command = new Command(Name, "Evaluate a model on tasks of lm-evaluation-harness, beside its parent if named. With a recipe: the stage of its run.")
        {
            _model, _tasks, _parent, _shots, _limit, _batch, _length, _output, _samples, _chat, _multiturn, _system, _include, _data, _seed, _text, _tokens, _window, _metric, _device, _threads, _set, _again,
        };
        command.Aliases.Add("eval");
        return command;
    }

    protected override int Run(Session session, ParseResult parsed)
    {
        var model = parsed.GetValue(_model)!;
        if (Path.GetExtension(model).ToLowerInvariant() is ".yaml" or ".yml")
            return StageVerb.Run(session, model, parsed.GetValue(_set) ?? [], stage.Name, parsed.GetValue(_again));
        var (shots, limit, batch, window) = (parsed.GetValue(_shots), parsed.GetValue(_limit), parsed.GetValue(_batch), parsed.GetValue(_window));
        Check(shots is null or >= 0, "--num_fewshot", shots, "0 or more");
        Check(limit is null or >= 1, "--limit", limit, "1 or more");
        Check(batch >= 1, "--batch_size", batch, "1 or more");
        Check(window >= 2, "--window", window, "2 or more");
        Check(parsed.GetValue(_length) is null or >= 2, "--max_length", parsed.GetValue(_length), "2 or more");
        if (parsed.GetValue(_samples) && parsed.GetValue(_output) is null)
            throw new RecipeException("--log_samples needs --output_path: a folder for the files");
        return new ModelEvaluation(session)
        {
            Model = model,
            Parent = parsed.GetValue(_parent),
            Tasks = Separated(parsed.GetValue(_tasks)),
            IncludePath = Separated(parsed.GetValue(_include)),
            Data = parsed.GetValue(_data),
            Options = new EvaluationOptions
            {
                BatchSize = batch,
                Prompts = new PromptOptions { Limit = limit, Shots = shots, FewShotSeed = parsed.GetValue(_seed), SystemInstruction = parsed.GetValue(_system), FewShotAsMultiturn = parsed.GetValue(_multiturn) ?? parsed.GetValue(_chat) },
            },
            AppliesChatTemplate = parsed.GetValue(_chat),
            MaxLength = parsed.GetValue(_length),
            Output = parsed.GetValue(_output),
            LogsSamples = parsed.GetValue(_samples),
            Text = parsed.GetValue(_text),
            Tokens = parsed.GetValue(_tokens),
            Window = window,
            Metric = parsed.GetValue(_metric),
            Device = parsed.GetValue(_device)!,
            Threads = parsed.GetValue(_threads),
        }.Run();
    }

    private static Option<string[]> Many(string description, string name, params string[] words) => new(words[0], words[1..])
    {
        Description = description,
        HelpName = name,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private static string[] Separated(string[]? given) =>
        [.. (given ?? []).SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static void Check(bool holds, string option, int? value, string expected)
    {
        if (!holds)
            throw new RecipeException($"{option} is {value}; expected {expected}");
    }
}
