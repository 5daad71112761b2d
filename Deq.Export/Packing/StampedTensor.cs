using System.Globalization;
using Deq.Export.Graphs.Onnx.Wire;
using Deq.Runtime.Models;

namespace Deq.Export.Packing;

/// <summary>An input or output of a foreign graph under the name and shape that the bundle gives it.</summary>
/// <param name="Foreign">Its name in the graph as exported.</param>
/// <param name="Name">Its name in the bundle.</param>
/// <param name="Shape"><c>B</c>, then numbers or names of what varies.</param>
internal sealed record StampedTensor(string Foreign, string Name, IReadOnlyList<string> Shape)
{
    /// <summary>As a manifest says it.</summary>
    public TensorContract ToContract() => new(Name, Shape);

    /// <summary>As a graph says it.</summary>
    public ValueInfoProto ToProto()
    {
        var shape = new TensorShapeProto();
        foreach (string extent in Shape)
        {
            shape.Dim.Add(ForeignTensor.IsNumber(extent)
                ? new DimensionProto { DimValue = long.Parse(extent, CultureInfo.InvariantCulture) }
                : new DimensionProto { DimParam = extent });
        }

        var type = new TensorTypeProto { ElemType = TensorProto.Types.ElementKind.Single, Shape = shape };
        return new ValueInfoProto { Name = Name, Type = new TypeProto { TensorType = type } };
    }
}
