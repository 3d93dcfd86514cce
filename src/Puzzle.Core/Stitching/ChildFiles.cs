using Puzzle.Core.Checkpoints;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Text;

namespace Puzzle.Core.Stitching;

/// <summary>A child in memory as a model folder that this tool and transformers read.</summary>
public static class ChildFiles
{
    /// <summary>Writes the folder, tokenizer included; it appears whole or not at all.</summary>
    /// <param name="folder">Replaced if it is a model folder already.</param>
    /// <param name="child">The model.</param>
    /// <param name="parent">Gives the tokenizer and the settings of generation.</param>
    /// <param name="type">How weights are stored.</param>
    /// <param name="files">Text files to write besides, by name.</param>
    public static void Write(string folder, Transformer child, ICheckpoint parent, StoredType type, IReadOnlyDictionary<string, string>? files = null)
    {
        var tokenizer = Tokenizers.Load(parent.Path);
        ChildFolderWriter.Write(folder, child.Config, TensorReader.Of(child.Named()), new ChildFolderOptions
        {
            Format = FormatFor(child.Config),
            Type = type,
            Files = files ?? new Dictionary<string, string>(),
            AddFiles = tokenizer.Save,
            GenerationFrom = parent.Path,
        });
    }

    /// <summary>The layout that can say what a child is: nemotron-nas has no norms of q and k.</summary>
    public static ChildFormat FormatFor(ModelConfig config) => config.QkNorm ? ChildFormat.AnyModel : ChildFormat.NemotronNas;

    /// <summary>How a parent's weights are stored; F32 where they are quantised.</summary>
    public static StoredType TypeOf(ICheckpoint parent)
    {
        var type = parent.Tensors.Values.MaxBy(tensor => tensor.Count)?.Type;
        return type is StoredType.F16 or StoredType.BF16 ? type.Value : StoredType.F32;
    }
}
