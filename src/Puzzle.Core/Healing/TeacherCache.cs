using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Puzzle.Core.Models;
using Puzzle.Core.Runs;
using static TorchSharp.torch;

namespace Puzzle.Core.Healing;

// B windows, T tokens, D hidden

/// <summary>
/// The parent's hidden states behind every layer, computed once a window and kept on disk in float32, for several children of one
/// parent. A window is known by its tokens, so that order, batch and epoch do not matter.
/// </summary>
/// <param name="parent">The teacher.</param>
/// <param name="folder">Where the windows lie; one parent a folder.</param>
/// <param name="lastOnly">Whether only the last layer is needed (no cosine).</param>
public sealed class TeacherCache(Transformer parent, string folder, bool lastOnly = false)
{
    private int Kept => lastOnly ? 1 : parent.Blocks.Count;

    /// <summary>Bytes that a window of this length takes.</summary>
    public long WindowBytes(long tokens) => Kept * tokens * parent.FinalNorm.shape[0] * sizeof(float);

    /// <summary>Makes sure that the windows are there, and gives their states layer by layer: the residual stream behind the layer [B, T, D].</summary>
    public Func<int, Tensor> Open(Tensor ids_BT)
    {
        var files = Enumerable.Range(0, (int)ids_BT.shape[0]).Select(row => FileOf(ids_BT[row])).ToArray();
        var missing = Enumerable.Range(0, files.Length).Where(row => !File.Exists(files[row])).DistinctBy(row => files[row]).ToArray();
        if (missing.Length > 0)
            Compute(ids_BT, missing, files);
        return layer => Read(files, ids_BT.shape[1], layer);
    }

    private string FileOf(Tensor ids_T)
    {
        var ids = ids_T.cpu().data<long>().ToArray();
        var name = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<long>(ids)))[..32];
        return Path.Combine(folder, name[..2], name + (lastOnly ? ".last" : ".all"));
    }

    private void Compute(Tensor ids_BT, int[] rows, string[] files)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var own_BT = ids_BT.index_select(0, tensor(rows.Select(row => (long)row).ToArray(), device: ids_BT.device));
        using var context = parent.Begin(rows.Length, ids_BT.shape[1]);
        var x_BTD = parent.Embed(own_BT);
        var states = new List<Tensor>();
        for (var layer = 0; layer < parent.Blocks.Count; layer++)
        {
            using var inner = NewDisposeScope();
            x_BTD = parent.Blocks[layer].Forward(x_BTD, context, layer).MoveToOuterDisposeScope();
            if (!lastOnly || layer == parent.Blocks.Count - 1)
                states.Add(x_BTD);
        }

        for (var i = 0; i < rows.Length; i++)
        {
            using var inner = NewDisposeScope();
            var values = stack(states.Select(state => state[i])).cpu().contiguous();
            AtomicFile.Write(files[rows[i]], stream => stream.Write(MemoryMarshal.AsBytes<float>(values.data<float>().ToArray())));
        }
    }

    private Tensor Read(string[] files, long tokens, int layer)
    {
        var bytes = checked((int)(tokens * parent.FinalNorm.shape[0] * sizeof(float)));
        var states_BTD = empty([files.Length, tokens, parent.FinalNorm.shape[0]], ScalarType.Float32);
        var into = states_BTD.bytes;
        for (var row = 0; row < files.Length; row++)
        {
            using var handle = File.OpenHandle(files[row]);
            var part = into.Slice(row * bytes, bytes);
            var offset = lastOnly ? 0 : (long)layer * bytes;
            for (var read = 0; read < bytes;)
            {
                var count = RandomAccess.Read(handle, part[read..], offset + read);
                read += count > 0 ? count : throw new Errors.BadInputException($"{files[row]}: shorter than the parent's hidden states; remove the folder {folder}");
            }
        }

        return states_BTD.to(parent.Device);
    }
}
