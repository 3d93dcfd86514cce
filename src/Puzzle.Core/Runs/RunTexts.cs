using Puzzle.Core.Data;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using static TorchSharp.torch;

namespace Puzzle.Core.Runs;

/// <summary>The recipe's text as tokens: to train on, to choose by, and to report on. Tokenised when first asked for.</summary>
public sealed class RunTexts
{
    private readonly RunContext _run;
    private readonly Lazy<(TokenWindows Train, int[] Validation, int[] Test)> _tokens;
    private string? _key;

    internal RunTexts(RunContext run)
    {
        _run = run;
        _tokens = new(Read);
    }

    /// <summary>A hash of the text and of how it is read.</summary>
    public string Key => _key ??= TrainingText.Key(_run.Recipe.Data, _run.Recipe.Seed, _run.ParentHash);

    /// <summary>Training windows.</summary>
    public TokenWindows Train => _tokens.Value.Train;

    /// <summary>Tokens to choose steps and scores by.</summary>
    public int[] Validation => _tokens.Value.Validation;

    /// <summary>Tokens of the reported losses.</summary>
    public int[] Test => _tokens.Value.Test;

    /// <summary>The first training windows, in the shuffled order: [W, T], int64.</summary>
    public Tensor Calibration(long tokens) => Training(tokens);

    /// <summary>The same for any number of tokens; no more than the text has.</summary>
    public Tensor Training(long tokens) => Train.Shuffled(0, (int)Math.Clamp(tokens / Train.Length, 2, Train.Count)).to(_run.Device);

    /// <summary>As many training windows as the tokens make, however often the text has to be gone through.</summary>
    public Tensor Stream(long tokens) => Train.Shuffled(0, (int)Math.Max(2, tokens / Train.Length)).to(_run.Device);

    /// <summary>For training windows that <see cref="Training"/> gave: 1 for a token, 0 for padding; null where nothing is padded.</summary>
    public Tensor? Counts(Tensor ids_WT) => Train.Counts(0, (int)ids_WT.shape[0])?.to(_run.Device);

    /// <summary>Validation windows in the order of the text [W, T], and the token behind the last.</summary>
    public (Tensor Ids_WT, long AfterLast) ValidationWindows(long tokens, int length)
    {
        var windows = (int)Math.Clamp(tokens / length, 1, Math.Max(1, Validation.Length / length));
        if (Validation.Length < length)
            throw new BadInputException($"the validation text has {Validation.Length} tokens; a window needs {length}; name more in data.validation or lower the sequence length");
        var ids = new TokenWindows(Validation, length, 0).InOrder(0, windows).to(_run.Device);
        return (ids, windows * length < Validation.Length ? Validation[windows * length] : -1);
    }

    private (TokenWindows, int[], int[]) Read()
    {
        var text = TrainingText.Read(_run.Recipe.Data, _run.Tokenizer, _run.Recipe.Seed, Sample);
        return (text.Train, text.Validation, text.Test);
    }

    // Samples of another parent, seed or setting lie in a folder of their own.
    private string Sample(SelfData self)
    {
        var (recipe, key) = (_run.Recipe, new ContentKey().Add("self", self with { Tokens = 1, Weight = 1 }).Add("seed", _run.Recipe.Seed).Add("parent", _run.ParentHash).Add("length", _run.Recipe.Data.SequenceLength));
        var folder = Path.Combine(_run.Folder.Path, "data", $"self-{key.ToString()[..8]}");
        _run.Progress.Note($"sampling {self.Tokens.Value:N0} tokens of text from the parent into {folder}");
        return SelfText.Sample(_run.ParentModel, _run.Tokenizer, self, recipe.Data.SequenceLength, recipe.Seed, folder, cancellation: _run.Cancellation);
    }
}
