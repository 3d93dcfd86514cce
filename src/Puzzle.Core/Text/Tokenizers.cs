using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>Finds the tokenizer of a model.</summary>
public static class Tokenizers
{
    /// <summary>The tokenizer of a Hugging Face folder.</summary>
    /// <param name="model">Path of the folder.</param>
    /// <exception cref="BadInputException">There is none, or it is damaged or of a kind that is not supported.</exception>
    public static ITokenizer Load(string model)
    {
        if (!Directory.Exists(model))
            throw new BadInputException($"{model} is neither a folder nor a file with a tokenizer.");
        if (File.Exists(Path.Combine(model, "tokenizer.json")))
            return HuggingFaceTokenizer.Load(model);
        throw new BadInputException($"{model} has no tokenizer.json.");
    }
}
