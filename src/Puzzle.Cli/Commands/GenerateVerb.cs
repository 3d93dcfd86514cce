using System.CommandLine;
using Puzzle.Cli.Wiring;
using Puzzle.Core.Errors;
using Puzzle.Core.Text;
using Puzzle.Serving.Engine;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle generate MODEL --prompt ...</c>: continues a text, piece by piece as it comes.</summary>
internal sealed class GenerateVerb : Verb
{
    private readonly Argument<string> _model = Arguments.Model();
    private readonly Option<string> _prompt = new("--prompt", "-p") { Description = "The text to continue; '-' reads it from stdin (a line break at its end is left out).", HelpName = "TEXT", Required = true };
    private readonly Option<bool> _chat = new("--chat") { Description = "The prompt is a user's message: it goes through the model's chat template." };
    private readonly Option<string?> _system = new("--system") { Description = "A system message in front of it, with --chat.", HelpName = "TEXT" };
    private readonly Option<int> _tokens = new("--max-tokens", "-n") { Description = "New tokens at most.", HelpName = "N", DefaultValueFactory = _ => 128 };
    private readonly Option<double> _temperature = new("--temperature") { Description = "0: always the most likely token; 1: as trained.", HelpName = "T", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _topK = new("--top-k") { Description = "Only the K most likely tokens; 0: all.", HelpName = "K", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _topP = new("--top-p") { Description = "Only the most likely tokens whose probabilities add up to P.", HelpName = "P", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _minP = new("--min-p") { Description = "Only tokens at least P times as likely as the most likely one.", HelpName = "P", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _penalty = new("--repetition-penalty") { Description = "Makes tokens that occurred less likely where above 1.", HelpName = "X", DefaultValueFactory = _ => 1 };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Of the draws: the same seed gives the same text.", HelpName = "N", DefaultValueFactory = _ => 0 };
    private readonly Option<string[]> _stop = new("--stop") { Description = "A text that ends the output and is not part of it. May be given several times.", HelpName = "TEXT", DefaultValueFactory = _ => [] };
    private readonly Option<bool> _ignoreEnd = new("--ignore-eos") { Description = "Go on where the model would end." };
    private readonly Option<string> _weights = Arguments.Weights();
    private readonly Option<string> _device = new("--device") { Description = "cpu, cuda or cuda:N.", HelpName = "DEVICE", DefaultValueFactory = _ => "cpu" };
    private readonly Option<int> _threads = Arguments.Threads();

    public override string Name => "generate";

    public override IReadOnlyList<string> Examples =>
    [
        "puzzle generate path/to/model --prompt 'Once upon a time' --max-tokens 100",
        "echo 'Name three rivers.' | puzzle generate model.gguf --prompt - --chat --temperature 0.7 --top-p 0.95",
        "puzzle generate runs/quickstart/child --prompt 'Tom had' --stop '.' --json",
    ];

    protected override Command Describe() => new(Name, "Continue a text with a model. The text streams to stdout; with --json to stderr.")
    {
        _model, _prompt, _chat, _system, _tokens, _temperature, _topK, _topP, _minP, _penalty, _seed, _stop, _ignoreEnd, _weights, _device, _threads,
    };

    protected override int Run(Session session, ParseResult parsed)
    {
        var (chat, most) = (parsed.GetValue(_chat), parsed.GetValue(_tokens));
        if (most < 1)
            throw new RecipeException($"--max-tokens is {most}; expected 1 or more");
        if (!chat && parsed.GetValue(_system) is not null)
            throw new RecipeException("--system goes with --chat; without it there are no messages");
        var sampling = new SamplingOptions
        {
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            MinP = parsed.GetValue(_minP),
            RepetitionPenalty = parsed.GetValue(_penalty),
            Seed = parsed.GetValue(_seed),
        };
        sampling.Check();
        var threads = Arguments.ThreadsOf(parsed.GetValue(_threads));
        var text = parsed.GetValue(_prompt)! is "-" ? WithoutLineBreak(Console.In.ReadToEnd()) : parsed.GetValue(_prompt)!;

        var type = Arguments.WeightsOf(parsed.GetValue(_weights)!);
        using var served = ServedModel.Open(parsed.GetValue(_model)!, type, needsTokenizer: true, parsed.GetValue(_device)!);
        var tokenizer = served.Tokenizer!;
        var prompt = chat ? tokenizer.Encode(Conversation(served, text, parsed.GetValue(_system))) : tokenizer.Encode(text, addSpecial: true);
        if (prompt.Length == 0 && tokenizer.BosId is { } bos)
            prompt = [bos];
        var context = served.Config.MaxPositionEmbeddings;
        if (prompt.Length >= context)
            throw new RecipeException($"--prompt has {prompt.Length} tokens; the model was made for {context}, and there must be room for the answer");

        using var decoder = served.Decoder(1, Math.Min(prompt.Length + most, context), new EngineOptions { Threads = threads });
        var request = new GenerateRequest
        {
            Prompt = prompt,
            MaxTokens = most,
            Sampling = sampling,
            EndIds = parsed.GetValue(_ignoreEnd) ? [] : served.EndIds,
            StopStrings = parsed.GetValue(_stop) ?? [],
        };
        var writer = session.Json ? session.Error : session.Output;
        var result = new InferenceEngine(decoder, tokenizer).Run([request], onText: (_, piece) =>
        {
            writer.Write(piece);
            writer.Flush();
        }, cancellation: session.Cancellation)[0];
        writer.WriteLine();
        var decoding = result.TotalMs - result.FirstTokenMs;
        double? rate = result.Ids.Count > 1 && decoding > 0 ? 1000 * (result.Ids.Count - 1) / decoding : null;
        if (!session.Quiet)
            session.Error.WriteLine($"{prompt.Length} tokens of prompt, first new one after {result.FirstTokenMs:N0} ms; {result.Ids.Count} new{(rate is null ? "" : $", {rate:N1} a second")}; ended by {(result.StopString is not null ? "a stop string" : result.Reason == FinishReason.Stop ? "the model" : "the limit")}");
        return session.Done(new
        {
            Status = "ok",
            Model = served.Path,
            Text = result.Text,
            FinishReason = result.Reason,
            result.StopString,
            PromptTokens = prompt.Length,
            CompletionTokens = result.Ids.Count,
            FirstTokenMs = result.FirstTokenMs,
            result.TotalMs,
            TokensPerSecond = rate,
            Weights = type,
            sampling.Seed,
            TokenIds = result.Ids,
        });
    }

    private static string Conversation(ServedModel served, string text, string? system)
    {
        var template = ChatTemplate.Of(served.Tokenizer!) ?? throw new BadInputException($"{served.Path}: the model has no chat template; leave --chat out");
        List<object> messages = [];
        if (system is not null)
            messages.Add(Message("system", system));
        messages.Add(Message("user", text));
        return template.Apply(messages);

        static Dictionary<string, object?> Message(string role, string content) => new(StringComparer.Ordinal) { ["role"] = role, ["content"] = content };
    }

    private static string WithoutLineBreak(string text) => text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}
