-- The rows of system_core that ship with the estate.
set role thorbis_owner;

insert into system_core.currencies (code, name, symbol, minor_units) values
  ('AUD', 'Australian dollar', '$', 2),
  ('CAD', 'Canadian dollar', '$', 2),
  ('CHF', 'Swiss franc', 'CHF', 2),
  ('EUR', 'Euro', '€', 2),
  ('GBP', 'Pound sterling', '£', 2),
  ('JPY', 'Yen', '¥', 0),
  ('MXN', 'Mexican peso', '$', 2),
  ('NZD', 'New Zealand dollar', '$', 2),
  ('SEK', 'Swedish krona', 'kr', 2),
  ('USD', 'United States dollar', '$', 2);

insert into system_core.languages (tag, name, native_name) values
  ('de', 'German', 'Deutsch'),
  ('en', 'English', 'English'),
  ('en-GB', 'British English', 'British English'),
  ('es', 'Spanish', 'español'),
  ('fr', 'French', 'français'),
  ('ja', 'Japanese', '日本語'),
  ('nl', 'Dutch', 'Nederlands'),
  ('sv', 'Swedish', 'svenska');

insert into system_core.countries (code, alpha3, name, calling_code, currency_code, postal_code_pattern) values
  ('AU', 'AUS', 'Australia', '+61', 'AUD', '^[0-9]{4}$'),
  ('CA', 'CAN', 'Canada', '+1', 'CAD', '^[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]$'),
  ('CH', 'CHE', 'Switzerland', '+41', 'CHF', '^[0-9]{4}$'),
  ('DE', 'DEU', 'Germany', '+49', 'EUR', '^[0-9]{5}$'),
  ('ES', 'ESP', 'Spain', '+34', 'EUR', '^[0-9]{5}$'),
  ('FR', 'FRA', 'France', '+33', 'EUR', '^[0-9]{5}$'),
  ('GB', 'GBR', 'United Kingdom', '+44', 'GBP', null),
  ('IE', 'IRL', 'Ireland', '+353', 'EUR', null),
  ('JP', 'JPN', 'Japan', '+81', 'JPY', '^[0-9]{3}-?[0-9]{4}$'),
  ('MX', 'MEX', 'Mexico', '+52', 'MXN', '^[0-9]{5}$'),
  ('NL', 'NLD', 'Netherlands', '+31', 'EUR', '^[0-9]{4} ?[A-Z]{2}$'),
  ('NZ', 'NZL', 'New Zealand', '+64', 'NZD', '^[0-9]{4}$'),
  ('SE', 'SWE', 'Sweden', '+46', 'SEK', '^[0-9]{3} ?[0-9]{2}$'),
  ('US', 'USA', 'United States', '+1', 'USD', '^[0-9]{5}(-[0-9]{4})?$');

insert into system_core.country_subdivisions (country_code, code, name, kind)
select country_code, split_part(entry, '=', 1), split_part(entry, '=', 2), kind
from (values
  ('US', 'state', 'AL=Alabama,AK=Alaska,AZ=Arizona,AR=Arkansas,CA=California,CO=Colorado,CT=Connecticut,DE=Delaware,'
    'FL=Florida,GA=Georgia,HI=Hawaii,ID=Idaho,IL=Illinois,IN=Indiana,IA=Iowa,KS=Kansas,KY=Kentucky,LA=Louisiana,'
    'ME=Maine,MD=Maryland,MA=Massachusetts,MI=Michigan,MN=Minnesota,MS=Mississippi,MO=Missouri,MT=Montana,'
    'NE=Nebraska,NV=Nevada,NH=New Hampshire,NJ=New Jersey,NM=New Mexico,NY=New York,NC=North Carolina,'
    'ND=North Dakota,OH=Ohio,OK=Oklahoma,OR=Oregon,PA=Pennsylvania,RI=Rhode Island,SC=South Carolina,'
    'SD=South Dakota,TN=Tennessee,TX=Texas,UT=Utah,VT=Vermont,VA=Virginia,WA=Washington,WV=West Virginia,'
    'WI=Wisconsin,WY=Wyoming'),
  ('US', 'district', 'DC=District of Columbia'),
  ('CA', 'province', 'AB=Alberta,BC=British Columbia,MB=Manitoba,NB=New Brunswick,NL=Newfoundland and Labrador,'
    'NS=Nova Scotia,ON=Ontario,PE=Prince Edward Island,QC=Quebec,SK=Saskatchewan'),
  ('CA', 'territory', 'NT=Northwest Territories,NU=Nunavut,YT=Yukon'),
  ('AU', 'state', 'NSW=New South Wales,QLD=Queensland,SA=South Australia,TAS=Tasmania,VIC=Victoria,WA=Western Australia'),
  ('AU', 'territory', 'ACT=Australian Capital Territory,NT=Northern Territory')
) as listed (country_code, kind, entries)
cross join lateral unnest(string_to_array(entries, ',')) as entry;

insert into system_core.time_zones (name, country_code, display_name) values
  ('America/Chicago', 'US', 'Central time'),
  ('America/Denver', 'US', 'Mountain time'),
  ('America/Halifax', 'CA', 'Atlantic time'),
  ('America/Los_Angeles', 'US', 'Pacific time'),
  ('America/Mexico_City', 'MX', 'Mexico City'),
  ('America/New_York', 'US', 'Eastern time'),
  ('America/Phoenix', 'US', 'Arizona'),
  ('America/Toronto', 'CA', 'Toronto'),
  ('America/Vancouver', 'CA', 'Vancouver'),
  ('Asia/Tokyo', 'JP', 'Tokyo'),
  ('Australia/Brisbane', 'AU', 'Brisbane'),
  ('Australia/Melbourne', 'AU', 'Melbourne'),
  ('Australia/Sydney', 'AU', 'Sydney'),
  ('Europe/Amsterdam', 'NL', 'Amsterdam'),
  ('Europe/Berlin', 'DE', 'Berlin'),
  ('Europe/Dublin', 'IE', 'Dublin'),
  ('Europe/London', 'GB', 'London'),
  ('Europe/Madrid', 'ES', 'Madrid'),
  ('Europe/Paris', 'FR', 'Paris'),
  ('Europe/Stockholm', 'SE', 'Stockholm'),
  ('Europe/Zurich', 'CH', 'Zurich'),
  ('Pacific/Auckland', 'NZ', 'Auckland');

insert into system_core.public_holidays (country_code, observed_on, name)
select country_code, make_date(year, month, day), name
from (values
  ('US', 1, 1, 'New Year''s Day'), ('US', 6, 19, 'Juneteenth'), ('US', 7, 4, 'Independence Day'),
  ('US', 11, 11, 'Veterans Day'), ('US', 12, 25, 'Christmas Day'),
  ('CA', 1, 1, 'New Year''s Day'), ('CA', 7, 1, 'Canada Day'), ('CA', 12, 25, 'Christmas Day'),
  ('GB', 1, 1, 'New Year''s Day'), ('GB', 12, 25, 'Christmas Day'), ('GB', 12, 26, 'Boxing Day'),
  ('AU', 1, 1, 'New Year''s Day'), ('AU', 1, 26, 'Australia Day'), ('AU', 4, 25, 'Anzac Day'),
  ('AU', 12, 25, 'Christmas Day'), ('NZ', 2, 6, 'Waitangi Day'), ('IE', 3, 17, 'Saint Patrick''s Day'),
  ('DE', 10, 3, 'German Unity Day'), ('FR', 7, 14, 'Bastille Day'), ('NL', 4, 27, 'King''s Day')
) as fixed (country_code, month, day, name)
cross join generate_series(2024, 2030) as year;

insert into system_core.units_of_measure (code, name, dimension, factor_to_base) values
  ('box', 'box', 'count', 1),
  ('each', 'each', 'count', 1),
  ('ft', 'foot', 'length', 0.3048),
  ('gal', 'US gallon', 'volume', 3.785411784),
  ('h', 'hour', 'time', 3600),
  ('kg', 'kilogram', 'mass', 1),
  ('kwh', 'kilowatt hour', 'energy', 3600000),
  ('l', 'litre', 'volume', 1),
  ('lb', 'pound', 'mass', 0.45359237),
  ('m', 'metre', 'length', 1),
  ('pair', 'pair', 'count', 2),
  ('sqft', 'square foot', 'area', 0.09290304),
  ('sqm', 'square metre', 'area', 1);

insert into system_core.industries (code, name, naics_code) values
  ('appliance_repair', 'Appliance repair', '811412'),
  ('cleaning', 'Cleaning services', '561720'),
  ('electrical', 'Electrical contractors', '238210'),
  ('garage_doors', 'Garage door services', '238290'),
  ('hvac', 'Heating, ventilation and air conditioning', '238220'),
  ('landscaping', 'Landscaping and lawn care', '561730'),
  ('locksmith', 'Locksmiths', '561622'),
  ('painting', 'Painting contractors', '238320'),
  ('pest_control', 'Pest control', '561710'),
  ('plumbing', 'Plumbing contractors', '238220'),
  ('roofing', 'Roofing contractors', '238160');

insert into system_core.plans (code, name, monthly_price, annual_price, currency_code) values
  ('starter', 'Starter', 49, 490, 'USD'),
  ('growth', 'Growth', 149, 1490, 'USD'),
  ('professional', 'Professional', 349, 3490, 'USD'),
  ('enterprise', 'Enterprise', 999, 9990, 'USD');

insert into system_core.features (code, name, description) values
  ('agreements', 'Service agreements', 'Recurring visits under contract'),
  ('api', 'API access', 'Programmatic access with keys'),
  ('dispatch_board', 'Dispatch board', 'Drag and drop scheduling'),
  ('gps_tracking', 'GPS tracking', 'Live positions of technicians'),
  ('inventory', 'Inventory', 'Stock by warehouse and vehicle'),
  ('online_booking', 'Online booking', 'Customers book their own appointment'),
  ('payments', 'Payments', 'Card and bank payments'),
  ('reports', 'Reports', 'Revenue, utilisation and receivables'),
  ('text_messages', 'Text messages', 'Reminders and replies by SMS');

insert into system_core.plan_features (plan_code, feature_code, monthly_allowance)
select plan.code, feature.code,
  case feature.code
    when 'text_messages' then 500 * plan.rank * plan.rank
    when 'api' then 100000 * plan.rank
  end
from (values ('starter', 1), ('growth', 2), ('professional', 3), ('enterprise', 4)) as plan (code, rank)
join (values
  ('payments', 1), ('dispatch_board', 1), ('text_messages', 1), ('reports', 2), ('online_booking', 2),
  ('agreements', 2), ('inventory', 3), ('gps_tracking', 3), ('api', 3)) as feature (code, from_rank)
  on plan.rank >= feature.from_rank;

insert into system_core.permissions (code, area, description, is_sensitive) values
  ('agreements.manage', 'agreements', 'Create, renew and cancel service agreements', false),
  ('audit.read', 'security', 'Read the audit log', true),
  ('customers.delete', 'customers', 'Archive and merge customers', true),
  ('customers.export', 'customers', 'Export customer lists', true),
  ('customers.read', 'customers', 'See customers and properties', false),
  ('customers.write', 'customers', 'Create and change customers and properties', false),
  ('dispatch.manage', 'jobs', 'Schedule and dispatch technicians', false),
  ('estimates.approve', 'sales', 'Approve estimates above the limit', false),
  ('estimates.write', 'sales', 'Create and send estimates', false),
  ('inventory.adjust', 'inventory', 'Adjust stock', false),
  ('inventory.read', 'inventory', 'See stock', false),
  ('invoices.void', 'money', 'Void and write off invoices', true),
  ('invoices.write', 'money', 'Create and send invoices', false),
  ('jobs.read', 'jobs', 'See all jobs', false),
  ('jobs.write', 'jobs', 'Create and change jobs', false),
  ('payments.record', 'money', 'Record payments', false),
  ('payments.refund', 'money', 'Refund payments', true),
  ('pricebook.manage', 'sales', 'Change services and prices', false),
  ('purchasing.manage', 'inventory', 'Order from suppliers', false),
  ('reports.read', 'reports', 'See reports', false),
  ('settings.manage', 'administration', 'Change the settings of the business', true),
  ('timesheets.approve', 'people', 'Approve working time', false),
  ('users.manage', 'administration', 'Invite users and assign roles', true);

reset role;
