using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>Finds the tokenizer of a model.</summary>
public static class Tokenizers
{
    /// <summary>The tokenizer of a Hugging Face folder (<c>tokenizer.json</c> before <c>tokenizer.model</c>), of a GGUF file, or a SentencePiece file.</summary>
    /// <param name="model">Path of the folder or file.</param>
    /// <exception cref="BadInputException">There is none, or it is damaged or of a kind that is not supported.</exception>
    public static ITokenizer Load(string model)
    {
        if (File.Exists(model) && Path.GetExtension(model) == ".model")
            return SentencePieceTokenizer.Load(model);
        if (File.Exists(model) && Path.GetExtension(model).Equals(".gguf", StringComparison.OrdinalIgnoreCase))
            return GgufTokenizer.Load(model);
        if (!Directory.Exists(model))
            throw new BadInputException($"{model} is neither a folder nor a file with a tokenizer.");
        if (File.Exists(Path.Combine(model, "tokenizer.json")))
            return HuggingFaceTokenizer.Load(model);
        if (File.Exists(Path.Combine(model, "tokenizer.model")))
            return SentencePieceTokenizer.Load(model);
        throw new BadInputException($"{model} has neither tokenizer.json nor tokenizer.model.");
    }
}
