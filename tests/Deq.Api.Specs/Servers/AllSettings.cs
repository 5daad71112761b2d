using Deq.Api.Access;
using Deq.Api.Ensembles;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Requests;
using Deq.Api.Requests.Addresses;
using Deq.Api.Settings;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Microsoft.Extensions.Configuration;

namespace Deq.Api.Specs.Servers;

/// <summary>The settings of all features, read as the server reads them.</summary>
internal static class AllSettings
{
    public static ServerSettings Read(params (string Key, string Value)[] settings) => new(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => pair.Key, string? (pair) => pair.Value)).Build(),
        [AccessSettings.Section, RequestLimits.Section, ImageAddressSettings.Section, ModelSettings.Section, SourceSettings.Section, StreamLimits.Section, BudgetSettings.Section, EnsembleSettings.Section, OpenInferenceSettings.Section, OriginSettings.Section]);
}
